//! "Approve like this for 15 minutes": an answer given in advance, within bounds that the card spelt out. It answers an
//! ask, never a deny, a limit or the guard. It lives in memory alone, so no file can hold a forged one, and a restart
//! ends it.

use crate::desk::Matter;
use crate::state::Broker;
use crate::tools::{Call, Site};
use crate::view::{StandingView, Topic};
use gatehouse_core::{
    AgentId, CallFacts, Category, ConnectionId, EdgeError, Effect, ErrorCode, FieldPath, TicketId, Timestamp,
};
use serde_json::Value;
use std::sync::PoisonError;
use std::time::Duration;

const LIFETIME: Duration = Duration::from_mins(15);

/// One standing approval.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    pub(crate) ticket: TicketId,
    pub(crate) agent: AgentId,
    pub(crate) connection: ConnectionId,
    /// Its bounds, as the card spelt them out.
    pub(crate) sentence: String,
    pub(crate) expires_at: Timestamp,
    bounds: Bounds,
}

/// What a standing approval covers.
#[derive(Debug, Clone, PartialEq)]
struct Bounds {
    connection: ConnectionId,
    tool: String,
    model: String,
    fields: Vec<String>,
    effects: Vec<Effect>,
    /// Every field that was read or written, related ones too.
    reads: Vec<FieldPath>,
    /// Language, time zone and companies.
    context: Value,
    max_records: u64,
}

impl Bounds {
    /// Same tool, model and connection, fields and effects within those shown, at most as many records, and nothing
    /// nested: a nested write is a call of its own kind each time.
    fn cover(&self, connection: &ConnectionId, facts: &CallFacts, context: &Value) -> bool {
        self.connection == *connection
            && self.tool == facts.tool
            && facts.model.as_deref() == Some(&self.model)
            && facts.fields.iter().all(|field| self.fields.contains(field))
            && facts.effects.iter().all(|effect| self.effects.contains(effect))
            && facts.records.is_some_and(|records| records <= self.max_records)
            && facts.reads.as_ref().is_some_and(|reads| reads.iter().all(|read| self.reads.contains(read)))
            && self.context == *context
            && facts.commands.is_empty()
    }
}

fn bounds_of(connection: &ConnectionId, facts: &CallFacts, context: &Value) -> Option<Bounds> {
    let repeatable = matches!(facts.risk.category, Category::Write | Category::Read) && facts.commands.is_empty();
    repeatable.then_some(())?;
    Some(Bounds {
        connection: connection.clone(),
        tool: facts.tool.clone(),
        model: facts.model.clone()?,
        fields: facts.fields.clone(),
        effects: facts.effects.clone(),
        reads: facts.reads.clone()?,
        context: context.clone(),
        max_records: facts.records?,
    })
}

/// What a standing approval of this call would cover, in a sentence; `None` where it is not offered.
pub(crate) fn offer(site: &Site, call: &dyn Call) -> Option<String> {
    let connection = site.connection.as_ref()?;
    let bounds = bounds_of(&connection.id, call.facts(), &context_of(call))?;
    Some(bounds.sentence(&site.agent.id, &connection.name))
}

impl Bounds {
    fn sentence(&self, agent: &AgentId, connection: &str) -> String {
        let names: Vec<String> = if self.fields.is_empty() {
            self.reads.iter().map(ToString::to_string).collect()
        } else {
            self.fields.clone()
        };
        let fields = if names.is_empty() { String::new() } else { format!(", only the fields {}", names.join(", ")) };
        format!(
            "For 15 minutes {agent} may call {} on {} in {connection} without asking{fields}, at most {} records at a time, \
             in the same companies and language.",
            self.tool, self.model, self.max_records
        )
    }
}

/// Language, time zone and companies of a call, as its tool resolved them.
fn context_of(call: &dyn Call) -> Value {
    call.resolved().get("context").cloned().unwrap_or_default()
}

impl Broker {
    /// What approving more calls like the one on this card would come to.
    pub(crate) fn standing_of(&self, id: &TicketId) -> Result<Standing, EdgeError> {
        let now = self.now();
        let standing = self.0.desk.look(id, |held| {
            let Matter::Call { job, .. } = &held.matter else { return None };
            let connection = job.site.connection.as_ref()?;
            let bounds = bounds_of(&connection.id, job.call.facts(), &context_of(job.call.as_ref()))?;
            Some(Standing {
                ticket: id.clone(),
                agent: job.site.agent.id.clone(),
                connection: connection.id.clone(),
                sentence: bounds.sentence(&job.site.agent.id, &connection.name),
                expires_at: now.plus(LIFETIME),
                bounds,
            })
        });
        standing.flatten().ok_or_else(|| EdgeError::new(ErrorCode::Denied, "This call cannot be approved in advance."))
    }

    pub(crate) fn add_standing(&self, standing: Standing) {
        let mut registry = self.0.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.standing.push(standing);
    }

    /// The standing approvals of an agent that still hold.
    pub(crate) fn standing_of_agent(&self, agent: &AgentId) -> Vec<StandingView> {
        let now = self.now();
        self.registry(|registry| {
            let live =
                registry.standing.iter().filter(|standing| standing.agent == *agent && now < standing.expires_at);
            live.map(|standing| StandingView {
                ticket: standing.ticket.clone(),
                sentence: standing.sentence.clone(),
                expires_at: standing.expires_at,
            })
            .collect()
        })
    }

    /// The person takes a standing approval back.
    pub fn revoke_standing(&self, ticket: &TicketId) {
        self.drop_standing(|standing| standing.ticket == *ticket);
        self.changed(&[Topic::Agents]);
    }

    /// The bounds of a standing approval that covers the call, if there is one.
    pub(crate) fn standing_for(&self, site: &Site, call: &dyn Call) -> Option<String> {
        let connection = site.connection.as_ref()?;
        let now = self.now();
        let context = context_of(call);
        self.registry(|registry| {
            let covering = registry.standing.iter().find(|standing| {
                standing.agent == site.agent.id
                    && now < standing.expires_at
                    && standing.bounds.cover(&connection.id, call.facts(), &context)
            });
            covering.map(|standing| standing.sentence.clone())
        })
    }

    /// An agent's last bridge ended: what was approved in advance ends with it.
    pub(crate) fn end_standing_of(&self, agent: &AgentId) {
        let known = self.registry(|registry| registry.agents.get(agent).cloned());
        if known.is_none_or(|agent| self.0.bridges.count(&agent) == 0) {
            self.drop_standing(|standing| standing.agent == *agent);
        }
    }

    pub(crate) fn drop_standing(&self, applies: impl Fn(&Standing) -> bool) {
        let mut registry = self.0.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.standing.retain(|standing| !applies(standing));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_core::{Nested, Risk, Severity};

    fn facts() -> CallFacts {
        CallFacts {
            model: Some("res.partner".into()),
            fields: vec!["email".into(), "phone".into()],
            records: Some(3),
            ..CallFacts::local("odoo_write", Risk { category: Category::Write, severity: Severity::Medium })
        }
    }

    fn connection() -> ConnectionId {
        ConnectionId::from_random([1; 10])
    }

    #[test]
    fn it_covers_the_same_or_less_and_never_more() {
        let bounds = bounds_of(&connection(), &facts(), &Value::Null).unwrap();
        assert!(bounds.cover(&connection(), &facts(), &Value::Null));
        assert!(bounds.cover(
            &connection(),
            &CallFacts { fields: vec!["email".into()], records: Some(1), ..facts() },
            &Value::Null
        ));
        let more = [
            CallFacts { fields: vec!["email".into(), "vat".into()], ..facts() },
            CallFacts { records: Some(4), ..facts() },
            CallFacts { records: None, ..facts() },
            CallFacts { model: Some("sale.order".into()), ..facts() },
            CallFacts { tool: "odoo_create".into(), ..facts() },
            CallFacts { reads: None, ..facts() },
            CallFacts { reads: Some(vec![FieldPath { model: "hr.employee".into(), field: "pin".into() }]), ..facts() },
            CallFacts { effects: vec![Effect::Mail], ..facts() },
            CallFacts {
                commands: vec![Nested { model: "x".into(), command: "create".into(), fields: vec![] }],
                ..facts()
            },
        ];
        for call in more {
            assert!(!bounds.cover(&connection(), &call, &Value::Null), "{call:?}");
        }
        assert!(!bounds.cover(&connection(), &facts(), &Value::from("other companies")));
        assert!(!bounds.cover(&ConnectionId::from_random([2; 10]), &facts(), &Value::Null));
    }

    #[test]
    fn it_is_never_offered_for_what_destroys() {
        let unlink =
            CallFacts { risk: Risk { category: Category::Destructive, severity: Severity::Critical }, ..facts() };
        assert!(bounds_of(&connection(), &unlink, &Value::Null).is_none());
    }
}
