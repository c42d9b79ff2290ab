use std::fmt;

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    /// A value in the call's arguments, key by key; lists on the way are walked whole.
    Arguments(Vec<String>),
    /// A fact that Gatehouse computed.
    Fact(Fact),
}

/// A fact of the call, its connection or its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Model,
    Method,
    Records,
    Fields,
    Reads,
    Commands,
    Effects,
    Sensitive,
    ConnectionName,
    ConnectionEnvironment,
    ConnectionHost,
    ConnectionDatabase,
    ConnectionLogin,
    ConnectionVersion,
    AgentName,
}

impl Fact {
    /// Whether another call could have it otherwise; the connection and the agent stay what they are.
    pub(crate) const fn is_of_the_call(self) -> bool {
        matches!(
            self,
            Self::Model
                | Self::Method
                | Self::Records
                | Self::Fields
                | Self::Reads
                | Self::Commands
                | Self::Effects
                | Self::Sensitive
        )
    }
}

/// Every fact by its name.
pub(crate) const FACTS: [(&str, Fact); 15] = [
    ("call.model", Fact::Model),
    ("call.method", Fact::Method),
    ("call.records", Fact::Records),
    ("call.fields", Fact::Fields),
    ("call.reads", Fact::Reads),
    ("call.commands", Fact::Commands),
    ("call.effects", Fact::Effects),
    ("call.sensitive", Fact::Sensitive),
    ("connection.name", Fact::ConnectionName),
    ("connection.environment", Fact::ConnectionEnvironment),
    ("connection.host", Fact::ConnectionHost),
    ("connection.database", Fact::ConnectionDatabase),
    ("connection.login", Fact::ConnectionLogin),
    ("connection.version", Fact::ConnectionVersion),
    ("agent.name", Fact::AgentName),
];

impl Path {
    /// Reads `args.values.state`, `args.a\.b` (a dot inside a key) or the name of a fact.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some((_, fact)) = FACTS.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Fact(*fact));
        }
        if let Some(rest) = text.strip_prefix("args.") {
            let keys = split(rest)?;
            return if keys.iter().any(String::is_empty) {
                Err(format!("“{text}” has an empty part between its dots."))
            } else {
                Ok(Self::Arguments(keys))
            };
        }
        let near = crate::problem::did_you_mean(text, FACTS.iter().map(|(name, _)| *name));
        Err(format!("“{text}” is not a path: it is args.<argument>, or a fact such as call.model.{near}"))
    }
}

/// Splits at dots; `\.` is a dot inside a key and `\\` a backslash.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut keys = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let last = keys.len() - 1;
        match c {
            '.' => keys.push(String::new()),
            '\\' => match chars.next() {
                Some(escaped @ ('.' | '\\')) => keys[last].push(escaped),
                _ => return Err(format!("“args.{text}”: a backslash stands only before a dot or a backslash.")),
            },
            c => keys[last].push(c),
        }
    }
    Ok(keys)
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(fact) => {
                let name = FACTS.iter().find(|(_, known)| known == fact).map_or("", |(name, _)| name);
                f.write_str(name)
            }
            Self::Arguments(keys) => {
                f.write_str("args")?;
                keys.iter().try_for_each(|key| write!(f, ".{}", key.replace('\\', "\\\\").replace('.', "\\.")))
            }
        }
    }
}
