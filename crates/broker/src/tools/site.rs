//! Where a call takes place: which agent, through which bridge, on which connection, in which language and companies.

use super::arguments::Arguments;
use super::plan::step_of;
use crate::preview::reference;
use crate::sessions::Session;
use crate::state::Broker;
use gatehouse_core::{
    Agent, BridgeId, CallFacts, Category, Connection, Decision, EdgeError, ErrorCode, FieldPath, Risk, Severity,
};
use gatehouse_odoo::domain::{Domain, FieldSource, InputError, Today};
use gatehouse_odoo::{Fields, OdooError};
use gatehouse_policy::Call;
use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::sync::Arc;

/// Where a call takes place.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) broker: Broker,
    pub(crate) agent: Agent,
    pub(crate) bridge: BridgeId,
    pub(crate) connection: Option<Connection>,
    /// The bridge had to start the app for this call.
    pub(crate) started_app: bool,
    /// The call is a step of a plan that has not run: some ids stand for records that earlier steps will make.
    pub(crate) is_planned: bool,
    /// A person does it by their own hand: pausing the agent does not stop it.
    pub(crate) by_person: bool,
}

impl Site {
    pub(crate) fn connection(&self) -> Result<&Connection, EdgeError> {
        self.connection.as_ref().ok_or_else(|| EdgeError::new(ErrorCode::Internal, "this call has no connection"))
    }

    /// Whether what runs here is to stop before it sends more.
    pub(crate) fn is_stopped(&self) -> bool {
        self.broker.is_stopping() || (!self.by_person && self.broker.is_stopped_for(&self.agent.id))
    }

    /// What a tool's definition says of its risk. One that nobody knows is the worst.
    pub(crate) fn risk(&self, tool: &str) -> Risk {
        let worst = Risk { category: Category::Execute, severity: Severity::Critical };
        self.broker.0.tools.get(tool).map_or(worst, |(_, definition)| definition.risk)
    }

    /// The step of a plan that will make the record of this id, where the id stands for one that is not there yet. Such
    /// records cannot be read.
    pub(crate) fn pending_step(&self, id: i64) -> Option<usize> {
        if self.is_planned { step_of(id) } else { None }
    }

    /// The name of a record, which has to be there: for the person's card.
    pub(crate) async fn record_name(&self, model: &str, id: i64, locale: &Locale) -> Result<String, EdgeError> {
        if self.pending_step(id).is_some() {
            return Ok(reference(&json!(id)));
        }
        let session = self.session().await?;
        let rows = session.client.read(model, &[id], &["display_name"], Some(&locale.reading())).await;
        let rows = self.told(model, rows).await?;
        let row = rows.first().ok_or_else(|| missing(model, id))?;
        Ok(row.get("display_name").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    pub(crate) async fn session(&self) -> Result<Arc<Session>, EdgeError> {
        self.broker.session(self.connection()?).await
    }

    /// Odoo's error as the agent sees it; a refused credential also shows in the window.
    pub(crate) fn odoo_error(&self, error: &OdooError) -> EdgeError {
        let edge = error.edge();
        if let Some(connection) = &self.connection {
            self.broker.forget_session_on(&connection.id, &edge);
        }
        edge
    }

    /// What Odoo answered to a call about `model`. Where policy keeps fields of that model from agents, Odoo's own words
    /// are kept back: they like to quote values.
    pub(crate) async fn told<T>(&self, model: &str, answer: Result<T, OdooError>) -> Result<T, EdgeError> {
        let error = match answer {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let edge = self.odoo_error(&error);
        if error.words().is_none() || !self.redacts() || !self.keeps_any_field(model).await {
            return Err(edge);
        }
        Err(edge.with_detail("What Odoo says is kept back: it may hold values that policy keeps from agents."))
    }

    /// Whether policy keeps a field from the calling agent on this connection.
    pub(crate) fn is_redacted(&self, field: &FieldPath) -> bool {
        self.broker.is_redacted(self.connection.as_ref(), &self.agent, field)
    }

    /// Whether policy keeps any field at all from the calling agent on this connection.
    pub(crate) fn redacts(&self) -> bool {
        self.broker.redacts(self.connection.as_ref(), &self.agent)
    }

    /// Whether the calling agent could search records of `model` unasked, reading these fields.
    pub(crate) fn may_search(&self, model: &str, reads: &[FieldPath]) -> bool {
        let risk = Risk { category: Category::Read, severity: Severity::Low };
        let facts = CallFacts {
            model: Some(model.to_owned()),
            method: Some("name_search".into()),
            reads: Some(reads.to_vec()),
            ..CallFacts::local(super::search_read::NAME, risk)
        };
        let about = self.broker.about(self);
        let stack = self.broker.in_force().stack(&self.agent.id, about.as_ref().map(|(connection, _)| connection));
        let call = Call {
            facts: &facts,
            arguments: &json!({"model": model}),
            connection: about.as_ref().map(|(_, facts)| facts),
            agent: &self.agent.id,
        };
        stack.judge(&call).decision == Decision::Allow
    }

    async fn keeps_any_field(&self, model: &str) -> bool {
        let path = |field: &str| FieldPath { model: model.to_owned(), field: field.to_owned() };
        let Ok(fields) = self.fields(model, None).await else { return true };
        fields.names().any(|name| self.is_redacted(&path(name)))
    }

    /// The domain of a call; every record where none is given.
    pub(crate) async fn domain(
        &self,
        arguments: &Arguments,
        model: &str,
        source: &dyn FieldSource,
    ) -> Result<Domain, EdgeError> {
        match arguments.get("domain") {
            Some(domain) => {
                let session = self.session().await?;
                let zone = arguments.text("timezone").or(session.sign_in.tz.as_deref());
                let today = Today::new(self.broker.now().as_millis(), zone);
                Domain::parse(domain, model, source, &today).await.map_err(|error| self.input_error(error, "domain"))
            }
            None => Ok(Domain::every()),
        }
    }

    /// Why values or a domain were refused, with their place in the arguments.
    pub(crate) fn input_error(&self, error: InputError, place: &str) -> EdgeError {
        match error.inside(place) {
            InputError::Odoo(error) => self.odoo_error(&error),
            refused @ InputError::Refused(_) => refused.edge(),
        }
    }

    /// The fields of a model in the call's language.
    pub(crate) async fn fields(&self, model: &str, lang: Option<&str>) -> Result<Arc<Fields>, EdgeError> {
        let session = self.session().await?;
        session.client.fields(model, lang).await.map_err(|error| self.odoo_error(&error))
    }
}

/// Records of these ids are not there.
pub(crate) fn missing(model: &str, ids: impl Display) -> EdgeError {
    EdgeError::new(
        ErrorCode::RecordMissing,
        format!("{model} {ids}: no such record, or the user may not see it. Search again."),
    )
}

/// Language, time zone and companies of a call, and the context that says so to Odoo. Contexts hold nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Locale {
    pub(crate) lang: Option<String>,
    pub(crate) context: Map<String, Value>,
    /// Names of the companies in play, the first one leading.
    pub(crate) companies: Vec<String>,
}

impl Locale {
    /// From the arguments `lang`, `timezone`, `companies`; the connection's and the user's own where they are left out.
    pub(crate) async fn of(site: &Site, arguments: &Arguments) -> Result<Self, EdgeError> {
        let session = site.session().await?;
        let me = &session.sign_in;
        let connection = site.connection()?;
        let lang = arguments
            .text("lang")
            .map(str::to_owned)
            .or_else(|| connection.language.clone())
            .or_else(|| me.lang.clone());
        if let Some(lang) = &lang
            && !is_language_code(lang)
        {
            return Err(bad("lang", lang, "use a code such as en_US or fr_FR"));
        }
        let timezone = zone_of(arguments.text("timezone"), me.tz.as_deref())?;
        let companies = match arguments.get("companies").and_then(Value::as_array) {
            None => vec![me.company.clone()],
            Some(named) if named.is_empty() => {
                return Err(bad("companies", "[]", "name at least one, or leave it out"));
            }
            Some(named) => named.iter().map(|one| find_company(one, &me.companies)).collect::<Result<_, _>>()?,
        };
        let mut context = Map::new();
        if let Some(lang) = &lang {
            context.insert("lang".into(), json!(lang));
        }
        if !timezone.is_empty() {
            context.insert("tz".into(), json!(timezone));
        }
        context.insert("allowed_company_ids".into(), companies.iter().map(|(id, _)| json!(id)).collect());
        Ok(Self { lang, context, companies: companies.into_iter().map(|(_, name)| name).collect() })
    }

    /// The context for reading, archived records included or not.
    pub(crate) fn reading(&self) -> Map<String, Value> {
        let mut context = self.context.clone();
        // Sizes instead of contents: no binary is ever inlined unasked.
        context.insert("bin_size".into(), json!(true));
        context
    }
}

/// The time zone of a call by its name: the one given, else the user's own; empty for UTC. An own one that nobody knows counts
/// as UTC, as in Odoo.
fn zone_of(given: Option<&str>, own: Option<&str>) -> Result<String, EdgeError> {
    let is_known = |name: &&str| !name.is_empty() && Today::new(0, Some(name)).is_zone_known();
    match given {
        Some(name) if is_known(&name) => Ok(name.to_owned()),
        Some(name) => {
            let shown: String = name.chars().take(64).collect();
            Err(bad("timezone", &format!("“{shown}”"), "use a name such as Europe/Paris or UTC"))
        }
        None => Ok(own.filter(is_known).unwrap_or_default().to_owned()),
    }
}

fn is_language_code(text: &str) -> bool {
    text.len() <= 16 && text.len() >= 2 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_@-".contains(c))
}

fn find_company(wanted: &Value, own: &[(i64, String)]) -> Result<(i64, String), EdgeError> {
    let found = match wanted {
        Value::Number(id) => own.iter().find(|(own, _)| Some(*own) == id.as_i64()),
        Value::String(name) => own.iter().find(|(_, own)| own.eq_ignore_ascii_case(name.trim())),
        _ => None,
    };
    found.cloned().ok_or_else(|| {
        let names: Vec<_> = own.iter().map(|(id, name)| format!("{name} ({id})")).collect();
        bad("companies", &wanted.to_string(), &format!("this user has {}", names.join(", ")))
    })
}

fn bad(argument: &str, value: &str, hint: &str) -> EdgeError {
    EdgeError::new(ErrorCode::InvalidArguments, format!("{argument}: {value} does not fit; {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_that_nobody_knows_is_refused_where_it_is_given_and_counts_as_utc_where_it_is_the_user_s_own() {
        assert_eq!(zone_of(Some("Europe/Paris"), Some("Asia/Tokyo")).unwrap(), "Europe/Paris");
        assert_eq!(zone_of(None, Some("Asia/Tokyo")).unwrap(), "Asia/Tokyo");
        assert_eq!(zone_of(None, Some("Moon/Crater")).unwrap(), "");
        assert_eq!(zone_of(None, None).unwrap(), "");
        for name in ["Moon/Crater", "europe/paris", ""] {
            assert_eq!(zone_of(Some(name), Some("UTC")).unwrap_err().code, ErrorCode::InvalidArguments, "{name}");
        }
    }
}
