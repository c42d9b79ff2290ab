//! What the journal says of a call that changed nothing, as far as it got.

use crate::arrival::{Arrival, Stop};
use crate::policy::{Judgement, payload};
use crate::state::{Broker, new_call_id};
use crate::tools::CONNECTION_ADD;
use crate::view::{DecisionTree, Topic};
use gatehouse_core::{
    CallFacts, CallHeader, CallId, Category, Connection, Decision, Denial, EdgeError, ErrorCode, JournalEvent, Outcome,
    TicketId,
};
use gatehouse_ipc::message::CallAnswer;
use gatehouse_policy::ConnectionFacts;
use serde_json::{Value, json};

/// What the journal says of a call, as far as it got.
pub(crate) struct Sheet {
    pub(crate) call: CallId,
    pub(crate) header: CallHeader,
    pub(crate) arguments: Value,
    /// What was computed of it, once it was described.
    facts: Option<CallFacts>,
    /// Its connection, as policies saw it.
    pub(crate) about: Option<ConnectionFacts>,
    /// Why it was decided as it was.
    pub(crate) judgement: Option<Judgement>,
    /// Rows that it returned.
    pub(crate) rows: u64,
    /// What a call that ran came to.
    pub(crate) summary: String,
    /// How a read ended whose intent is written: still to be written.
    pub(crate) settled: Option<JournalEvent>,
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
                policy: None,
                plan: None,
                undoes: None,
            },
            // What was sent to the form may hold a secret that should not have been sent: nothing of it is kept.
            arguments: if arrival.call.name == CONNECTION_ADD { json!({}) } else { arrival.call.arguments.clone() },
            facts: None,
            about: None,
            judgement: None,
            rows: 0,
            summary: String::new(),
            settled: None,
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
        self.facts = Some(facts.clone());
    }

    /// Why it is decided so, limits included.
    pub(crate) fn judged(&mut self, about: Option<ConnectionFacts>, judgement: Judgement) {
        let (word, rule) = match &judgement.tree.decision {
            Decision::Allow => ("allow", ""),
            Decision::Ask(question) => ("ask", question.rule.as_str()),
            Decision::Deny(denial) => ("deny", denial.rule.as_str()),
        };
        self.header.decision = word.into();
        self.header.rule = rule.into();
        self.header.policy = Some(judgement.policy);
        self.about = about;
        self.judgement = Some(judgement);
    }

    /// The guard refused it before anything but its model was looked at.
    pub(crate) fn guarded(&mut self, denial: &Denial) {
        let tree = DecisionTree {
            decision: Decision::Deny(denial.clone()),
            guard: Some(denial.clone()),
            readings: Vec::new(),
            standing: None,
        };
        self.judgement = self.header.policy.map(|policy| Judgement { policy, policies: Vec::new(), tree });
    }

    /// What is encrypted of it, taken out: it is written once.
    pub(crate) fn take_kept(&mut self) -> Kept {
        Kept {
            arguments: self.arguments.take(),
            facts: self.facts.take(),
            about: self.about.take(),
            judgement: self.judgement.take(),
            rows: self.rows,
        }
    }
}

/// What is encrypted of a call.
pub(crate) struct Kept {
    pub(crate) arguments: Value,
    facts: Option<CallFacts>,
    pub(crate) about: Option<ConnectionFacts>,
    pub(crate) judgement: Option<Judgement>,
    rows: u64,
}

impl Kept {
    pub(crate) fn payload(&self) -> Value {
        payload(&self.arguments, self.facts.as_ref(), self.about.as_ref(), self.judgement.as_ref(), self.rows)
    }
}

impl Broker {
    pub(crate) fn write_down(
        &self,
        arrival: &Arrival,
        sheet: &mut Sheet,
        end: &Result<(Result<CallAnswer, EdgeError>, Option<TicketId>), Stop>,
    ) {
        let mut header = sheet.header.clone();
        let outcome = match end {
            Ok((Ok(_), _)) => Outcome::Done { summary: sheet.summary.clone() },
            Ok((Err(error), _)) | Err(Stop::Refused(error)) => {
                if let Some(rule) = &error.rule {
                    header.decision = "deny".into();
                    header.rule.clone_from(rule);
                } else if header.decision.is_empty() {
                    header.decision = "deny".into();
                }
                Outcome::Failed { code: error.code, message: error.message.clone() }
            }
            Err(Stop::Pending(_)) => return,
            Err(Stop::Cancelled) => {
                Outcome::Failed { code: ErrorCode::Cancelled, message: "cancelled by the client".into() }
            }
        };
        let duration_ms = self.millis_since(arrival.arrived_at);
        self.note_with(
            JournalEvent::Call { call: sheet.call.clone(), of: header, outcome, duration_ms },
            sheet.take_kept().payload(),
        );
        self.changed(&[Topic::Activity]);
    }
}
