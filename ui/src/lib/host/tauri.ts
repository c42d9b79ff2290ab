import { Channel, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { getCurrentWindow } from '@tauri-apps/api/window';
import type { Navigation } from '../bindings/Navigation';
import type { ProbeStep } from '../bindings/ProbeStep';
import type { Topic } from '../bindings/Topic';
import { copyToClipboard } from './clipboard';
import type { Host, Unsubscribe } from './host';
import { onPageDisturbed } from './disturbance';

/** The host inside the desktop app. */
export const tauriHost: Host = {
  overview: () => invoke('overview'),
  parseUrl: (text) => invoke('parse_url', { text }),
  databases: (url, tls) => invoke('databases', { url, tls }),
  saveConnection: (draft, secret) => invoke('save_connection', { draft, secret }),
  testConnection: (testId, draft, secret, onStep) =>
    invoke('test_connection', { testId, draft, secret, onStep: new Channel<ProbeStep>(onStep) }),
  cancelTest: (testId) => invoke('cancel_test', { testId }),
  trashConnection: (id) => invoke('trash_connection', { id }),
  restoreConnection: (id) => invoke('restore_connection', { id }),
  purgeConnection: (id) => invoke('purge_connection', { id }),
  disconnectConnection: (id) => invoke('disconnect_connection', { id }),
  reconnectConnection: (id) => invoke('reconnect_connection', { id }),
  startDemo: () => invoke('start_demo'),
  dismissProposal: (ticket) => invoke('dismiss_proposal', { ticket }),
  approvals: () => invoke('approvals'),
  withdrawTicket: (ticket) => invoke('withdraw_ticket', { ticket }),
  review: (ticket) => invoke('review', { ticket }),
  activity: (filter) => invoke('activity', { filter }),
  activityDetail: (seq) => invoke('activity_detail', { seq }),
  verifyJournal: () => invoke('verify_journal'),
  policyPage: () => invoke('policy_page'),
  checkPolicy: (layer, edit) => invoke('check_policy', { layer, edit }),
  printPolicy: (layer, outline) => invoke('print_policy', { layer, outline }),
  savePolicy: (layer, edit) => invoke('save_policy', { layer, edit }),
  openModel: (layer, model) => invoke('open_model', { layer, model }),
  closeModel: (layer, model) => invoke('close_model', { layer, model }),
  restorePolicy: (layer, save) => invoke('restore_policy', { layer, save }),
  importPolicy: (text) => invoke('import_policy', { text }),
  policySchema: () => invoke('policy_schema'),
  policyPaths: (tool) => invoke('policy_paths', { tool }),
  tryCall: (call, draft) => invoke('try_call', { call, draft }),
  recordedCalls: () => invoke('recorded_calls'),
  recordedCall: (seq) => invoke('recorded_call', { seq }),
  replayPolicy: (draft) => invoke('replay_policy', { draft }),
  explainRecorded: (seq, draft) => invoke('explain_recorded', { seq, draft }),
  pauseAgent: (agent, paused) => invoke('pause_agent', { agent, paused }),
  revokeAgent: (agent) => invoke('revoke_agent', { agent }),
  revokeGrant: (agent, connection) => invoke('revoke_grant', { agent, connection }),
  grantConnection: (agent, connection) => invoke('grant_connection', { agent, connection }),
  revokeStanding: (ticket) => invoke('revoke_standing', { ticket }),
  pauseAll: (paused) => invoke('pause_all', { paused }),
  undoCall: (call) => invoke('undo_call', { call }),
  undoAgent: (agent) => invoke('undo_agent', { agent }),
  changePin: (remove) => invoke('change_pin', { remove }),
  retryVault: () => invoke('retry_vault'),
  useSessionVault: () => invoke('use_session_vault'),
  openExternal: (url) => invoke('open_external', { url }),
  windowReady: () => invoke('window_ready'),

  queue: (wanted, place) => invoke('queue', { wanted, place }),
  wantedCard: () => invoke('wanted_card'),
  presentCard: (ticket, digest) => invoke('present_card', { ticket, digest }),
  decide: (ticket, digest, verdict, pin) => invoke('decide', { ticket, digest, verdict, pin }),
  settlePin: (ticket, digest, current, pin) => invoke('settle_pin', { ticket, digest, current, pin }),
  recentCalls: () => invoke('recent_calls'),
  undoRecent: (call) => invoke('undo_recent', { call }),
  exportCard: (ticket, digest) => invoke('export_card', { ticket, digest }),
  closeApproval: () => invoke('close_approval'),

  onChanged: (listener) => unlisten(listen<Topic[]>('gatehouse://changed', (event) => listener(event.payload))),
  onNavigate: (listener) => unlisten(listen<Navigation>('gatehouse://navigate', (event) => listener(event.payload))),
  onCardWanted: (listener) => unlisten(listen('gatehouse://card', () => listener())),
  onWindowDisturbed: (listener) => {
    const window_ = getCurrentWindow();
    const ends = [
      unlisten(window_.onFocusChanged(listener)),
      unlisten(window_.onMoved(listener)),
      unlisten(window_.onResized(listener)),
      unlisten(window_.onScaleChanged(listener)),
      onPageDisturbed(listener),
    ];
    return () => ends.forEach((end) => end());
  },
  copyText: copyToClipboard,
};

/** Tauri answers a subscription later; it may have been given up by then. */
function unlisten(pending: Promise<Unsubscribe>): Unsubscribe {
  let ended = false;
  let end: Unsubscribe | undefined;
  pending.then(
    (stop) => {
      if (ended) stop();
      else end = stop;
    },
    (reason: unknown) => console.error('a subscription was refused', reason),
  );
  return () => {
    ended = true;
    end?.();
  };
}
