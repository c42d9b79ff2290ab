import type { ActivityDetail } from '../bindings/ActivityDetail';
import type { ActivityFilter } from '../bindings/ActivityFilter';
import type { ActivityPage } from '../bindings/ActivityPage';
import type { AgentId } from '../bindings/AgentId';
import type { Approvals } from '../bindings/Approvals';
import type { CallId } from '../bindings/CallId';
import type { Connection } from '../bindings/Connection';
import type { ConnectionDraft } from '../bindings/ConnectionDraft';
import type { ConnectionId } from '../bindings/ConnectionId';
import type { Digest } from '../bindings/Digest';
import type { Navigation } from '../bindings/Navigation';
import type { Overview } from '../bindings/Overview';
import type { ParsedUrl } from '../bindings/ParsedUrl';
import type { PolicyCheck } from '../bindings/PolicyCheck';
import type { PolicyDraft } from '../bindings/PolicyDraft';
import type { PolicyEdit } from '../bindings/PolicyEdit';
import type { PolicyImport } from '../bindings/PolicyImport';
import type { PolicyOutline } from '../bindings/PolicyOutline';
import type { PolicyPage } from '../bindings/PolicyPage';
import type { PolicyPath } from '../bindings/PolicyPath';
import type { PolicySaved } from '../bindings/PolicySaved';
import type { ProbeStep } from '../bindings/ProbeStep';
import type { Queue } from '../bindings/Queue';
import type { RecentCall } from '../bindings/RecentCall';
import type { RecordedCall } from '../bindings/RecordedCall';
import type { RecordedExplanation } from '../bindings/RecordedExplanation';
import type { ReplayReport } from '../bindings/ReplayReport';
import type { SaveOutcome } from '../bindings/SaveOutcome';
import type { SecretInput } from '../bindings/SecretInput';
import type { TicketId } from '../bindings/TicketId';
import type { Tls } from '../bindings/Tls';
import type { Topic } from '../bindings/Topic';
import type { Tried } from '../bindings/Tried';
import type { TryCall } from '../bindings/TryCall';
import type { Verdict } from '../bindings/Verdict';
import type { VerifyReport } from '../bindings/VerifyReport';

/** Ends a subscription. */
export type Unsubscribe = () => void;

/**
 * Everything that both windows ask of the program around them. Every promise may reject with an `EdgeError`.
 * Each method of the first two groups is one Tauri command of the same name in snake case.
 */
export interface Host extends MainHost, ApprovalHost, WindowHost {}

/** Commands of the window `main`. */
export interface MainHost {
  overview(): Promise<Overview>;
  parseUrl(text: string): Promise<ParsedUrl>;
  /** Asks the server for its databases: contacts the network. */
  databases(url: string, tls: Tls): Promise<string[]>;
  saveConnection(draft: ConnectionDraft, secret: SecretInput | null): Promise<SaveOutcome>;
  /** Resolves when the test ended, well or badly; the steps tell which. */
  testConnection(
    testId: string,
    draft: ConnectionDraft,
    secret: SecretInput | null,
    onStep: (step: ProbeStep) => void,
  ): Promise<void>;
  cancelTest(testId: string): Promise<void>;
  trashConnection(id: ConnectionId): Promise<void>;
  restoreConnection(id: ConnectionId): Promise<void>;
  purgeConnection(id: ConnectionId): Promise<void>;
  disconnectConnection(id: ConnectionId): Promise<void>;
  reconnectConnection(id: ConnectionId): Promise<Connection>;
  startDemo(): Promise<Connection>;
  dismissProposal(ticket: TicketId): Promise<void>;
  approvals(): Promise<Approvals>;
  withdrawTicket(ticket: TicketId): Promise<void>;
  /** Opens the approval window, at one ticket or at the first that waits. */
  review(ticket: TicketId | null): Promise<void>;
  activity(filter: ActivityFilter): Promise<ActivityPage>;
  activityDetail(seq: number): Promise<ActivityDetail>;
  verifyJournal(): Promise<VerifyReport>;
  policyPage(): Promise<PolicyPage>;
  /** Tells what a text comes to, for one layer; saves nothing. */
  checkPolicy(layer: string, edit: PolicyEdit): Promise<PolicyCheck>;
  /** The same for an outline, which is printed first. */
  printPolicy(layer: string, outline: PolicyOutline): Promise<PolicyCheck>;
  /** Tightening is in force at once; what may loosen waits on a card. */
  savePolicy(layer: string, edit: PolicyEdit): Promise<PolicySaved>;
  /** Asks in the approval window to open a model that the guard closes, for an hour. */
  openModel(layer: string, model: string): Promise<PolicySaved>;
  closeModel(layer: string, model: string): Promise<void>;
  /** Saves an earlier state of the layer again. */
  restorePolicy(layer: string, save: number): Promise<PolicySaved>;
  importPolicy(text: string): Promise<PolicyImport>;
  /** The JSON Schema of policies, as text. */
  policySchema(): Promise<string>;
  /** What conditions of a tool may look at, with what was seen there in recent calls. */
  policyPaths(tool: string): Promise<PolicyPath[]>;
  /** Judges a call that never runs, with a draft in place of one layer where one is given. */
  tryCall(call: TryCall, draft: PolicyDraft | null): Promise<Tried>;
  /** The latest calls of the journal that can be tried again, newest first. */
  recordedCalls(): Promise<RecordedCall[]>;
  recordedCall(seq: number): Promise<TryCall>;
  /** Judges the last 1,000 calls of the journal again, as things are and under the draft. */
  replayPolicy(draft: PolicyDraft): Promise<ReplayReport>;
  explainRecorded(seq: number, draft: PolicyDraft): Promise<RecordedExplanation>;
  pauseAgent(agent: AgentId, paused: boolean): Promise<void>;
  revokeAgent(agent: AgentId): Promise<void>;
  /** Takes one connection from an agent, at once. */
  revokeGrant(agent: AgentId, connection: ConnectionId): Promise<void>;
  /** Asks in the approval window to let an agent use one more connection. */
  grantConnection(agent: AgentId, connection: ConnectionId): Promise<TicketId>;
  /** Takes an answer back that was given in advance. */
  revokeStanding(ticket: TicketId): Promise<void>;
  pauseAll(paused: boolean): Promise<void>;
  /** Asks in the approval window to take a call back. */
  undoCall(call: CallId): Promise<TicketId>;
  /** The same for everything that an agent changed in its last hour. */
  undoAgent(agent: AgentId): Promise<TicketId>;
  /** Asks in the approval window for a new PIN, or to remove it. */
  changePin(remove: boolean): Promise<TicketId>;
  retryVault(): Promise<void>;
  useSessionVault(): Promise<void>;
  /** Opens an https page in the browser; the program refuses hosts that belong to no connection. */
  openExternal(url: string): Promise<void>;
  /** The first picture stands: the window may be shown. */
  windowReady(): Promise<void>;
}

/** Commands of the window `approval`. */
export interface ApprovalHost {
  /** What waits, and the card of `wanted`; where that waits no more, the one in its place, or the last. */
  queue(wanted: TicketId | null, place: number): Promise<Queue>;
  /** The card that the person asked for last, if nobody took it yet. */
  wantedCard(): Promise<TicketId | null>;
  /** Tells which card is on screen; the program starts its own arming clock. */
  presentCard(ticket: TicketId, digest: Digest): Promise<void>;
  /** With the PIN, where the card asks for it. */
  decide(ticket: TicketId, digest: Digest, verdict: Verdict, pin: string | null): Promise<void>;
  /** Sets, changes or removes the PIN, as the card says: the one in force where there is one, and the new one. */
  settlePin(ticket: TicketId, digest: Digest, current: string | null, pin: string | null): Promise<void>;
  /** Calls that were approved in this window a moment ago, the newest first. */
  recentCalls(): Promise<RecentCall[]>;
  undoRecent(call: CallId): Promise<TicketId>;
  /** Writes every record of a card to a file and tells where it lies. */
  exportCard(ticket: TicketId, digest: Digest): Promise<string>;
  closeApproval(): Promise<void>;
}

/** What the desktop around a window offers and tells. */
export interface WindowHost {
  onChanged(listener: (topics: Topic[]) => void): Unsubscribe;
  onNavigate(listener: (navigation: Navigation) => void): Unsubscribe;
  /** The person asked for one card of the approval window; `wantedCard` tells which. */
  onCardWanted(listener: () => void): Unsubscribe;
  /** The window was focused, blurred, moved, resized, raised or uncovered. */
  onWindowDisturbed(listener: () => void): Unsubscribe;
  copyText(text: string): Promise<void>;
}
