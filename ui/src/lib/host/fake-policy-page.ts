import type { Overview } from '../bindings/Overview';
import type { PolicyCheck } from '../bindings/PolicyCheck';
import type { PolicyDraft } from '../bindings/PolicyDraft';
import type { PolicyEdit } from '../bindings/PolicyEdit';
import type { PolicyImport } from '../bindings/PolicyImport';
import type { PolicyOutline } from '../bindings/PolicyOutline';
import type { PolicyPage } from '../bindings/PolicyPage';
import type { PolicyPath } from '../bindings/PolicyPath';
import type { PolicySaved } from '../bindings/PolicySaved';
import type { RecordedCall } from '../bindings/RecordedCall';
import type { RecordedExplanation } from '../bindings/RecordedExplanation';
import type { ReplayReport } from '../bindings/ReplayReport';
import type { Tried } from '../bindings/Tried';
import type { TryCall } from '../bindings/TryCall';
import { FakeJournal } from './fake-journal';
import { FakePolicies } from './fake-policies';
import { samplePaths } from './sample-policy';
import { sampleTryCall } from './sample-replay';
import { sampleSchema } from './sample-schema';

/** Those of the Policy page. */
export class FakePolicyPage extends FakeJournal {
  policies: FakePolicies;

  constructor(now: number, overview: Overview) {
    super(now, overview);
    this.policies = new FakePolicies(now, overview);
  }

  async policyPage(): Promise<PolicyPage> {
    await this.enter('policyPage');
    return structuredClone(this.policies.page);
  }

  async checkPolicy(layer: string, edit: PolicyEdit): Promise<PolicyCheck> {
    await this.enter('checkPolicy', layer, edit);
    return this.policies.check(layer, edit);
  }

  async printPolicy(layer: string, outline: PolicyOutline): Promise<PolicyCheck> {
    await this.enter('printPolicy', layer, outline);
    return this.policies.print(layer, outline);
  }

  async savePolicy(layer: string, edit: PolicyEdit): Promise<PolicySaved> {
    await this.enter('savePolicy', layer, edit);
    return this.policies.save(layer, edit);
  }

  async openModel(layer: string, model: string): Promise<PolicySaved> {
    await this.enter('openModel', layer, model);
    return this.policies.openModel(layer, model);
  }

  async closeModel(layer: string, model: string): Promise<void> {
    await this.enter('closeModel', layer, model);
    this.policies.closeModel(layer, model);
    this.announce('policy');
  }

  async restorePolicy(layer: string, save: number): Promise<PolicySaved> {
    await this.enter('restorePolicy', layer, save);
    return this.policies.restore(layer, save);
  }

  async importPolicy(text: string): Promise<PolicyImport> {
    await this.enter('importPolicy', text);
    return this.policies.import(text);
  }

  async policySchema(): Promise<string> {
    await this.enter('policySchema');
    return sampleSchema();
  }

  async policyPaths(tool: string): Promise<PolicyPath[]> {
    await this.enter('policyPaths', tool);
    return samplePaths(tool);
  }

  async tryCall(call: TryCall, draft: PolicyDraft | null): Promise<Tried> {
    await this.enter('tryCall', call, draft);
    return this.policies.try(call, draft);
  }

  async recordedCalls(): Promise<RecordedCall[]> {
    await this.enter('recordedCalls');
    return this.policies.calls;
  }

  async recordedCall(seq: number): Promise<TryCall> {
    await this.enter('recordedCall', seq);
    return sampleTryCall(this.policies.recorded(seq));
  }

  async replayPolicy(draft: PolicyDraft): Promise<ReplayReport> {
    await this.enter('replayPolicy', draft);
    return this.policies.replay(draft);
  }

  async explainRecorded(seq: number, draft: PolicyDraft): Promise<RecordedExplanation> {
    await this.enter('explainRecorded', seq, draft);
    return this.policies.explain(seq, draft);
  }
}
