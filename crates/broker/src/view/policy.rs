//! What the Policy page is shown. The text of a policy is the truth; the page edits either the text or an outline of
//! it, and the broker alone translates between the two.

use gatehouse_core::{
    AgentId, CallFacts, Category, ConnectionId, Decision, Denial, EdgeError, Severity, TicketId, Timestamp,
};
use gatehouse_policy::{Explanation, Imported, Loosened, PolicyOutline, PolicyProblem, Preset};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything that the Policy page starts from.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PolicyPage {
    /// The layers in the order they judge: managed, the user's, then each connection's and each agent's by name.
    pub layers: Vec<PolicyLayer>,
    /// The tools that policies speak about, in the catalogue's order.
    pub tools: Vec<PolicyTool>,
    /// The presets, strictest first, each with its text.
    pub presets: Vec<PresetText>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PolicyLayer {
    /// `managed`, `user`, `connection:con_…` or `agent:claude-code`.
    pub id: String,
    /// The connection's or the agent's name; empty for the first two.
    pub name: String,
    /// Where what is in force comes from.
    pub source: PolicySource,
    /// The text in force; none for an absent layer.
    pub text: Option<String>,
    /// A short hash of the text in force; empty for an absent layer.
    pub revision: String,
    /// Whether the window can change it.
    pub editable: bool,
    /// The preset that was chosen; for a connection that chose none, the one that its environment carries.
    pub preset: Option<Preset>,
    /// Models that the guard closes and that are open on this connection for a while.
    pub opened: Vec<OpenedModel>,
    /// The file that the text also lies in.
    pub path: Option<String>,
    /// What the person should know: a managed file that is ignored, a text that no longer parses.
    pub warnings: Vec<String>,
    /// The card that an edit of this layer waits on.
    pub waits: Option<TicketId>,
    /// The last ten saves, newest first, without the one in force.
    pub history: Vec<PolicySave>,
}

/// A model that the guard closes and that a person opened for one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct OpenedModel {
    /// Its technical name.
    pub model: String,
    /// When it closes by itself.
    pub until: Timestamp,
}

/// Where a layer's policy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PolicySource {
    /// There is none: the layer is skipped.
    Absent,
    /// The preset of the connection's environment.
    Environment,
    /// A preset that the person chose.
    Preset,
    /// A text of its own.
    Custom,
    /// The administrator's file.
    File,
}

/// A state that a layer was in before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PolicySave {
    /// Names it for restoring.
    #[ts(type = "number")]
    pub id: u64,
    /// When it was replaced.
    pub replaced_at: Timestamp,
    /// What it was.
    pub edit: PolicyEdit,
    /// The text that was in force; none when the layer was absent.
    pub text: Option<String>,
}

/// What a layer is to become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PolicyEdit {
    /// No policy of its own: a connection goes by its environment, the user's and an agent's layer are skipped.
    Absent,
    /// A preset.
    Preset {
        /// Which.
        preset: Preset,
    },
    /// A text.
    Custom {
        /// The policy.
        text: String,
    },
}

/// A preset and its text.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PresetText {
    /// Which.
    pub preset: Preset,
    /// Its policy, printed.
    pub text: String,
}

/// A tool, as the builder lists it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PolicyTool {
    /// Its name on the wire.
    pub name: String,
    /// A short title.
    pub title: String,
    /// What it does to the world.
    pub category: Category,
    /// How bad a wrong call can be.
    pub severity: Severity,
}

/// What a text comes to, told while it is edited. Nothing is saved.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PolicyCheck {
    /// The text that was checked; canonically printed when it came from an outline.
    pub text: String,
    /// The text as it would be printed; none while it does not parse.
    pub canonical: Option<String>,
    /// The same as plain data; none while it does not parse.
    pub outline: Option<PolicyOutline>,
    /// Every error, by place.
    pub problems: Vec<PolicyProblem>,
    /// What is worth a second look.
    pub warnings: Vec<PolicyProblem>,
    /// Where it may let agents do more than the layer in force; saving then asks in the approval window.
    pub loosened: Vec<Loosened>,
}

/// What came of saving.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PolicySaved {
    /// It is in force.
    Saved,
    /// It waits for a yes in the approval window.
    NeedsApproval {
        /// The card.
        ticket: TicketId,
    },
}

/// A path that conditions may look at.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PolicyPath {
    /// `args.values.state`, `call.model`.
    pub path: String,
    /// What stands there.
    pub kind: PathKind,
    /// What it looked like in recent calls: JSON texts, most frequent first, at most 8.
    pub seen: Vec<String>,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PathKind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list of texts or numbers.
    List,
    /// Anything.
    Any,
}

/// A draft of one layer, to judge by in its place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
pub struct PolicyDraft {
    /// The layer's id.
    pub layer: String,
    /// What it would become.
    pub edit: PolicyEdit,
}

/// A call to try. Nothing of it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TryCall {
    /// Who would call.
    pub agent: AgentId,
    /// Through which connection, if any.
    pub connection: Option<ConnectionId>,
    /// The tool.
    pub tool: String,
    /// A JSON object, as text.
    pub arguments: String,
}

/// What a tried call comes to.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Tried {
    /// Why it would be answered so; none when it does not get that far.
    pub tree: Option<DecisionTree>,
    /// What Gatehouse computed of the call.
    pub facts: Option<CallFacts>,
    /// What it would be refused with before any policy is asked: arguments that do not fit, a connection that is signed out.
    pub error: Option<EdgeError>,
}

/// Why a call is answered as it is: guard, layers, and what was answered in advance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DecisionTree {
    /// The answer, limits included.
    pub decision: Decision,
    /// What the guard says, when it denies.
    pub guard: Option<Denial>,
    /// The call as its own tool, and as a deletion where it deletes lines.
    pub readings: Vec<Explanation>,
    /// The bounds of the standing approval that answers the question, where one does.
    pub standing: Option<String>,
}

/// What a draft would have done to the last calls of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ReplayReport {
    /// How many calls were judged again.
    pub calls: u32,
    /// The oldest of them.
    pub since: Option<Timestamp>,
    /// Calls that could not be judged: their details were purged, or they were refused before any policy was asked.
    pub skipped: u32,
    /// The calls that would be answered differently, newest first.
    pub changes: Vec<ReplayChange>,
    /// How many would be allowed, asked about, denied and over a limit, as things are.
    pub before: ReplayTally,
    /// The same under the draft.
    pub after: ReplayTally,
}

/// How many calls were answered how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, TS)]
pub struct ReplayTally {
    /// Run.
    pub allow: u32,
    /// Asked about.
    pub ask: u32,
    /// Denied.
    pub deny: u32,
    /// Over a limit.
    pub limited: u32,
}

/// A call that would be answered differently.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ReplayChange {
    /// Its entry in the journal.
    pub call: RecordedCall,
    /// The answer as things are.
    pub from: ReplayAnswer,
    /// The answer under the draft.
    pub to: ReplayAnswer,
}

/// How a call is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ReplayAnswer {
    /// Which.
    pub kind: ReplayKind,
    /// The rule; empty when allowed.
    pub rule: String,
}

/// The ways to answer a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReplayKind {
    /// Run.
    Allow,
    /// Ask a person.
    Ask,
    /// Deny.
    Deny,
    /// A limit is spent.
    Limited,
}

/// A call of the journal, in a line.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct RecordedCall {
    /// Its entry.
    #[ts(type = "number")]
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The agent.
    pub agent: AgentId,
    /// The connection, by id and by its name at the time.
    pub connection: Option<ConnectionId>,
    /// Its name at the time.
    pub connection_name: Option<String>,
    /// The tool.
    pub tool: String,
    /// The model, where there is one.
    pub model: Option<String>,
    /// How many records; none is unknown.
    #[ts(type = "number | null")]
    pub records: Option<u64>,
    /// What was decided then: `allow`, `ask` or `deny`.
    pub decision: String,
}

/// A recorded call under the policy in force and under a draft.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct RecordedExplanation {
    /// The call.
    pub call: RecordedCall,
    /// The same, to try again.
    pub again: TryCall,
    /// As things are.
    pub before: DecisionTree,
    /// Under the draft.
    pub after: DecisionTree,
}

/// What a pasted policy from elsewhere becomes.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PolicyImport {
    /// The result; none when the text cannot be read as a policy.
    pub imported: Option<Imported>,
    /// Why not.
    pub problems: Vec<PolicyProblem>,
}
