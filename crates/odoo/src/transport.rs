use crate::OdooError;
use async_trait::async_trait;
use serde_json::{Map, Value};
use std::time::Duration;

/// Values that Odoo reads beside a call's arguments: `lang`, `tz`, `allowed_company_ids`, `active_test`, `bin_size`.
pub type Context = Map<String, Value>;

/// Whether a call changes anything: a read may be sent again, a write never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It looks only.
    Read,
    /// It may change something.
    Write,
}

impl Kind {
    /// How long an answer is waited for unless the call says otherwise.
    pub const fn deadline(self) -> Duration {
        match self {
            Self::Read => Duration::from_secs(30),
            Self::Write => Duration::from_mins(2),
        }
    }
}

/// One call of a method of a model.
#[derive(Debug, Clone)]
pub struct Method<'a> {
    /// The technical name of the model.
    pub model: &'a str,
    /// The method's name.
    pub name: &'a str,
    /// The records it is called on; `None` for a method of the model itself.
    pub ids: Option<&'a [i64]>,
    /// Its arguments by name, in the order of its signature (JSON-RPC sends them by place), without gaps.
    pub args: Vec<(&'a str, Value)>,
    /// Arguments sent by name under both protocols, for a method whose signature is not known here. Must not hold `ids` or
    /// `context`, which have their own place.
    pub named: Option<&'a Map<String, Value>>,
    /// What Odoo reads beside the arguments.
    pub context: Option<&'a Context>,
    /// Whether it changes anything.
    pub kind: Kind,
    /// How long an answer is waited for; [`Kind::deadline`] when unset.
    pub deadline: Option<Duration>,
}

impl<'a> Method<'a> {
    /// A call that looks only.
    pub fn read(model: &'a str, name: &'a str) -> Self {
        Self { model, name, ids: None, args: Vec::new(), named: None, context: None, kind: Kind::Read, deadline: None }
    }

    /// A call that may change something.
    pub fn write(model: &'a str, name: &'a str) -> Self {
        Self { kind: Kind::Write, ..Self::read(model, name) }
    }

    /// The same on these records.
    #[must_use]
    pub fn on(mut self, ids: &'a [i64]) -> Self {
        self.ids = Some(ids);
        self
    }

    /// The same with one more argument.
    #[must_use]
    pub fn arg(mut self, name: &'a str, value: impl Into<Value>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// The same with these arguments by name.
    #[must_use]
    pub fn named(mut self, named: &'a Map<String, Value>) -> Self {
        self.named = Some(named);
        self
    }

    /// Refuses a call whose arguments would take the place of its ids or context.
    pub(crate) fn check(&self) -> Result<(), OdooError> {
        let reserved = |name: &str| matches!(name, "ids" | "context");
        let named = self.named.into_iter().flat_map(Map::keys);
        if self.args.iter().any(|(name, _)| reserved(name)) || named.into_iter().any(|name| reserved(name)) {
            return Err(OdooError::InvalidRequest("ids and context have their own place and are no arguments"));
        }
        Ok(())
    }

    /// The same in this context.
    #[must_use]
    pub fn within(mut self, context: Option<&'a Context>) -> Self {
        self.context = context;
        self
    }

    /// The same with its own deadline.
    #[must_use]
    pub fn by(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

/// A way to call methods of Odoo's models as one user of one database.
#[async_trait]
pub(crate) trait Transport: Send + Sync {
    /// Calls it once; a read may be sent again when the server is busy. A method that returns nothing gives `null`.
    async fn call(&self, method: &Method<'_>) -> Result<Value, OdooError>;
}
