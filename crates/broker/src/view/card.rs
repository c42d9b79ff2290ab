//! Cards: what the approval window draws, and what it sends back.

use super::{ConnectionBadge, PinAsked, PinCard, PolicySource, UndoCard};
use gatehouse_core::{AgentId, Category, ConnectionId, Digest, Effect, Evidence, Severity, TicketId, Timestamp};
use gatehouse_policy::Preset;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the approval window shows: the queue, and one card of it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Queue {
    /// What time it is for Gatehouse: cards expire by this clock, whatever the system's is set to meanwhile.
    pub now: Timestamp,
    /// The tickets that wait for the person, oldest first.
    pub tickets: Vec<TicketId>,
    /// One of them; none where nothing waits.
    pub card: Option<Card>,
}

/// One card of the approval window.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Card {
    /// The ticket it decides.
    pub ticket: TicketId,
    /// What exactly is asked; sent back with the decision.
    pub digest: Digest,
    /// Who asks, as the system saw it; nobody when the person started it.
    pub agent: Option<CardAgent>,
    /// About which connection.
    pub connection: Option<ConnectionBadge>,
    /// One sentence, ours.
    pub sentence: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Until when the client waits; none when it stopped waiting ("runs when it asks again").
    pub held_until: Option<Timestamp>,
    /// What kind of question, with its content.
    pub content: CardContent,
    /// The PIN is asked for; none where it is not.
    pub pin: Option<PinAsked>,
    /// A yes would want the PIN, and another program took it out of the keyring.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub pin_is_gone: bool,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct CardAgent {
    /// Its name.
    pub id: AgentId,
    /// What the system saw.
    pub evidence: Evidence,
    /// What the client says it is: a claim.
    pub claims: Option<String>,
}

/// The content of a card.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum CardContent {
    /// A call.
    Call(Box<CallCard>),
    /// A new agent, or one whose program changed.
    Admission(AdmissionCard),
    /// Something would become looser.
    Loosening(LooseningCard),
    /// The policy file was edited outside the app.
    Policy(PolicyCard),
    /// The person takes calls back.
    Undo(UndoCard),
    /// The PIN would be set, changed or removed.
    Pin(PinCard),
}

/// A call to be decided.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct CallCard {
    /// The tool.
    pub tool: String,
    /// What it does.
    pub category: Category,
    /// How bad it can be.
    pub severity: Severity,
    /// The model's own label and technical name: `Contact (res.partner)`.
    pub model: Option<String>,
    /// Before and after, record by record; at most 50.
    pub records: Vec<RecordChange>,
    /// How many records in all; none when unknown.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// What else it touches: lines through x2many, cascades; one sentence each.
    pub touches: Vec<String>,
    /// Effects beyond the values.
    pub effects: Vec<Effect>,
    /// The steps of a plan, each with its own preview; of any other call none. What stands here is not among `records`.
    pub steps: Vec<StepCard>,
    /// Of more records than are shown: each field with the values it gets, counted over all of them.
    pub summary: Vec<FieldSummary>,
    /// How many records can be exported to a file; none where all stand on the card.
    #[ts(type = "number | null")]
    pub exportable: Option<u64>,
    /// A deletion whose records could be archived instead.
    pub can_archive: bool,
    /// The preview could not be made: why. Approve stays off, unless the words of `unseen` are typed.
    pub preview_error: Option<String>,
    /// What has to be typed to approve without a preview; none where the preview is there, and where it cannot be approved
    /// without one.
    pub unseen: Option<String>,
    /// The rule that asked.
    pub rule: String,
    /// Why it asks.
    pub reason: String,
    /// The arguments as pretty JSON.
    pub arguments: String,
    /// What "Approve like this for 15 minutes" would cover, in a sentence; none where it is not offered.
    pub standing: Option<String>,
    /// This many must be typed before Approve arms.
    #[ts(type = "number | null")]
    pub type_count: Option<u64>,
    /// The same call ran this many seconds ago.
    #[ts(type = "number | null")]
    pub ran_before: Option<u64>,
    /// The data changed after the first approval; these are the new values.
    pub drifted: bool,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct StepCard {
    /// Its place, from 1.
    pub number: u32,
    /// The tool.
    pub tool: String,
    /// What it does.
    pub category: Category,
    /// One sentence, ours.
    pub sentence: String,
    /// The model's own label and technical name.
    pub model: Option<String>,
    /// Before and after, record by record.
    pub records: Vec<RecordChange>,
    /// What else it touches, a sentence each.
    pub touches: Vec<String>,
    /// Effects beyond the values.
    pub effects: Vec<Effect>,
    /// What it takes from earlier steps, a sentence each: "Customer: the record of step 1".
    pub uses: Vec<String>,
}

/// One field over all records of a call.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct FieldSummary {
    /// Technical name.
    pub field: String,
    /// The field's label in Odoo. Text from the database.
    pub label: String,
    /// Odoo changes it besides, as it foresees itself.
    pub besides: bool,
    /// Which values become which, the most frequent first. The same amount in another currency is another value.
    pub changes: Vec<ChangeCount>,
    /// Records whose change is not among those.
    #[ts(type = "number")]
    pub others: u64,
}

/// One change, and how many records have it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ChangeCount {
    /// The value before; none for a new record. Text from the database.
    pub before: Option<String>,
    /// The value after; none for a deletion.
    pub after: Option<String>,
    /// How both values are to be shown.
    pub form: ValueForm,
    /// The currency or unit that both are in, where they have one. Text from the database.
    pub unit: Option<String>,
    /// In how many records.
    #[ts(type = "number")]
    pub records: u64,
}

/// One record of a preview.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct RecordChange {
    /// Its id; none for one that will be created.
    #[ts(type = "number | null")]
    pub id: Option<i64>,
    /// Its display name. Text from the database.
    pub name: String,
    /// What happens to it.
    pub change: RecordVerb,
    /// Fields that change; those that stay are left out. Of a record that will be gone: what changed since it was approved
    /// first, as it was then and as it is now.
    pub fields: Vec<FieldChange>,
    /// Fields that Odoo changes besides, as it foresees itself. What it does only while it saves is not among them.
    pub besides: Vec<FieldChange>,
}

/// What happens to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordVerb {
    /// It will exist.
    Create,
    /// Its fields change.
    Update,
    /// It will be gone.
    Delete,
}

/// One field of a preview.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct FieldChange {
    /// Technical name.
    pub field: String,
    /// The field's label in Odoo. Text from the database.
    pub label: String,
    /// The value before; none for a new record. Text from the database.
    pub before: Option<String>,
    /// The value after; none for a deletion.
    pub after: Option<String>,
    /// The value before differs from what was approved first.
    pub drifted: bool,
    /// How both values are to be shown.
    pub form: ValueForm,
    /// The currency or unit that both are in, where they have one. Text from the database.
    pub unit: Option<String>,
}

impl FieldChange {
    /// Of these values, shown as they are.
    pub fn new(
        field: impl Into<String>,
        label: impl Into<String>,
        before: Option<String>,
        after: Option<String>,
    ) -> Self {
        let (field, label) = (field.into(), label.into());
        Self { field, label, before, after, drifted: false, form: ValueForm::Plain, unit: None }
    }
}

/// How a value of a preview is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ValueForm {
    /// As it is.
    Plain,
    /// Running text: what changed in it is marked, word by word.
    Text,
    /// A number with a point, such as `-1250.5`; the window writes it in the person's language.
    Number,
    /// `2026-11-21`; the window writes it in the person's language.
    Date,
    /// `2026-11-21 09:30:00` in UTC; the window writes it in the person's language and time zone.
    Datetime,
}

/// A new agent, or one whose program changed.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct AdmissionCard {
    /// The first tool it called.
    pub tool: String,
    /// The program that was admitted before under this name, when it is another now.
    pub was: Option<Evidence>,
    /// What can be granted.
    pub connections: Vec<ConnectionBadge>,
    /// Granted before; ticked when the card opens.
    pub granted: Vec<ConnectionId>,
    /// What the policy of the granted connections means, in a sentence.
    pub policy: String,
    /// Where the agent's own policy comes from as it is: absent, a preset, or custom.
    pub source: PolicySource,
    /// The preset that its own policy says the same as.
    pub preset: Option<Preset>,
    /// What may become of its own policy; the first, to keep it, is chosen when the card opens.
    pub choices: Vec<OwnPolicyChoice>,
}

/// What may become of an agent's own policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct OwnPolicyChoice {
    /// What.
    pub policy: OwnPolicy,
    /// It may let the agent do more than its own policy does now.
    pub loosens: bool,
}

/// What becomes of an agent's own policy when it is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum OwnPolicy {
    /// It stays as it is, also where there is none.
    #[default]
    Keep,
    /// It goes: the agent does as each connection says.
    Absent,
    /// It becomes a preset.
    Preset {
        /// Which.
        preset: Preset,
    },
}

/// Something would become looser.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct LooseningCard {
    /// What would change, each from → to.
    pub changes: Vec<FieldChange>,
}

/// A policy would change: its file was edited outside the app, or an edit in the window loosens it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PolicyCard {
    /// The layer: `user`, `connection:con_…` or `agent:claude-code`.
    pub layer: String,
    /// The connection's or the agent's name; empty for the user's.
    pub name: String,
    /// The file that was edited; none when the edit was made in the window.
    pub path: Option<String>,
    /// The policy in force; empty when there is none.
    pub before: String,
    /// What it would become; empty when it would be removed.
    pub after: String,
    /// Where it may let agents do more, a sentence each.
    pub loosened: Vec<String>,
    /// Why it cannot be accepted: errors with their places. Empty when it can.
    pub errors: Vec<String>,
}

/// What the person decides on a card.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// No; with words for the agent, if any.
    Deny {
        /// For the agent.
        reason: Option<String>,
    },
    /// No, and no more calls from this agent.
    DenyAndPause,
    /// Yes, this once.
    Approve {
        /// The count, where the card asks for it to be typed.
        #[ts(type = "number | null")]
        typed_count: Option<u64>,
        /// The words of [`CallCard::unseen`], where the card asks for them.
        #[serde(default)]
        unseen: Option<String>,
    },
    /// Yes, and the same for 15 minutes within the bounds the card spells out.
    ApproveStanding,
    /// Admission: yes, for these connections.
    Admit {
        /// Which.
        connections: Vec<ConnectionId>,
        /// What becomes of its own policy, of [`AdmissionCard::choices`].
        #[serde(default)]
        policy: OwnPolicy,
    },
}
