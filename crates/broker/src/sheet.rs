//! What the journal says of a call that ran nothing or only read: one entry, written at its end.

use crate::arrival::{Arrival, Stop};
use crate::state::{Broker, new_call_id};
use crate::tools::CONNECTION_ADD;
use crate::view::Topic;
use gatehouse_core::{
    CallFacts, CallHeader, CallId, Category, Connection, Decision, EdgeError, ErrorCode, JournalEvent, Outcome,
    TicketId,
};
use gatehouse_ipc::message::CallAnswer;
use serde_json::{Value, json};

/// What the journal says of a call, as far as it got.
pub(crate) struct Sheet {
    pub(crate) call: CallId,
    pub(crate) header: CallHeader,
    pub(crate) arguments: Value,
    /// What a call that ran came to.
    pub(crate) summary: String,
    /// The call has its own intent and end in the journal.
    pub(crate) recorded: bool,
}

impl Sheet {
    pub(crate) fn new(arrival: &Arrival) -> Self {
        Self {
            call: new_call_id(),
            header: CallHeader {
                agent: arrival.agent.clone(),
                connection: None,
                connection_name: None,
                tool: arrival.call.name.chars().take(64).collect(),
                category: Category::Execute,
                model: None,
                method: None,
                records: None,
                decision: String::new(),
                rule: String::new(),
                ticket: None,
                charges: Vec::new(),
            },
            // What was sent to the form may hold a secret that should not have been sent: nothing of it is kept.
            arguments: if arrival.call.name == CONNECTION_ADD { json!({}) } else { arrival.call.arguments.clone() },
            summary: String::new(),
            recorded: false,
        }
    }

    pub(crate) fn connection(&mut self, connection: Option<&Connection>) {
        self.header.connection = connection.map(|c| c.id.clone());
        self.header.connection_name = connection.map(|c| c.name.clone());
    }

    pub(crate) fn facts(&mut self, facts: &CallFacts) {
        self.header.category = facts.risk.category;
        self.header.model.clone_from(&facts.model);
        self.header.method.clone_from(&facts.method);
        self.header.records = facts.records;
    }

    pub(crate) fn decision(&mut self, decision: &Decision) {
        let (word, rule) = match decision {
            Decision::Allow => ("allow", ""),
            Decision::Ask(question) => ("ask", question.rule.as_str()),
            Decision::Deny(denial) => ("deny", denial.rule.as_str()),
        };
        self.header.decision = word.into();
        self.header.rule = rule.into();
    }
}

impl Broker {
    pub(crate) fn write_down(
        &self,
        arrival: &Arrival,
        sheet: &Sheet,
        end: &Result<(Result<CallAnswer, EdgeError>, Option<TicketId>), Stop>,
    ) {
        let mut header = sheet.header.clone();
        let outcome = match end {
            Ok((Ok(_), _)) => Outcome::Done { summary: sheet.summary.clone() },
            Ok((Err(error), _)) | Err(Stop::Refused(error)) => {
                if header.decision.is_empty() {
                    header.decision = "deny".into();
                }
                Outcome::Failed { code: error.code, message: error.message.clone() }
            }
            Err(Stop::Pending(_)) => return,
            Err(Stop::Cancelled) => {
                Outcome::Failed { code: ErrorCode::Cancelled, message: "cancelled by the client".into() }
            }
        };
        let duration_ms = u64::try_from(self.now().since(arrival.arrived_at).as_millis()).unwrap_or(u64::MAX);
        self.note_call(
            JournalEvent::Call { call: sheet.call.clone(), of: header, outcome, duration_ms },
            json!({"arguments": sheet.arguments}),
        );
        self.changed(&[Topic::Activity]);
    }
}
