import type { ConditionSeen } from '../../../lib/bindings/ConditionSeen';
import type { CounterSeen } from '../../../lib/bindings/CounterSeen';
import type { Decision } from '../../../lib/bindings/Decision';
import type { DecisionTree } from '../../../lib/bindings/DecisionTree';
import type { ReplayKind } from '../../../lib/bindings/ReplayKind';
import type { Step } from '../../../lib/bindings/Step';
import { t } from '../../../lib/messages';
import { answerOf, decisive, isFull, ruleOf, type Decisive } from './answer';
import { pointer } from './values';
import { layerTitle, type ConnectionName } from './words';

/** What came of one part of an explanation. */
export interface Outcome {
  words: string;
  /** How it stands to the call: lets it pass, asks, denies. */
  answer: ReplayKind;
}

/** One part of an explanation, ready to be drawn: a reading, a layer, a step. */
export interface Branch {
  /** The same part of another tree has the same identity; unlike siblings have unlike ones. */
  identity: string;
  kind: 'guard' | 'reading' | 'layer' | 'step' | 'standing';
  title: string;
  outcome: Outcome;
  /** It lies on the path that led to the answer. */
  decides: boolean;
  /** The rule's place in its layer's file. */
  rule: string | null;
  /** What the rule says. */
  words: string | null;
  conditions: readonly ConditionSeen[];
  /** It is a rule without conditions. */
  always: boolean;
  counter: CounterSeen | null;
  children: readonly Branch[];
}

/** An explanation as branches: guard, readings (where there are several), layers, steps, standing approval. */
export function branches(tree: DecisionTree, connectionName: ConnectionName): Branch[] {
  const path = decisive(tree);
  const readings = tree.readings.map((reading): Branch => {
    const layers = reading.layers.map((layer): Branch => {
      const isPath = path?.reading === reading && path.layer === layer;
      const steps = gathered(layer.steps).map((step) => stepBranch(step, isPath && path.step === step));
      return {
        ...EMPTY,
        identity: layer.layer,
        kind: 'layer',
        title: layerTitle(layer.layer, connectionName),
        outcome: ofDecision(layer.decision, layer.steps),
        decides: isPath,
        children: steps,
      };
    });
    return {
      ...EMPTY,
      identity: `${reading.tool} ${reading.model ?? ''}`,
      kind: 'reading',
      title: t.policyTrial.readAs(reading.tool, reading.model),
      outcome: ofDecision(
        reading.decision,
        reading.layers.flatMap(({ steps }) => steps),
      ),
      decides: isOn(path, reading),
      children: layers,
    };
  });
  const [only] = readings;
  return [
    guardBranch(tree),
    ...(readings.length === 1 && only !== undefined ? only.children : readings),
    ...(tree.standing === null ? [] : [standingBranch(tree.standing, answerOf(tree) === 'allow')]),
  ];
}

const EMPTY = { rule: null, words: null, conditions: [], always: false, counter: null, children: [] } as const;

const isOn = (path: Decisive | null, reading: Decisive['reading']): boolean => path?.reading === reading;

function guardBranch({ guard }: DecisionTree): Branch {
  const outcome: Outcome =
    guard === null
      ? { words: t.policyTrial.outcomes.guardPassed, answer: 'allow' }
      : { words: t.policyTrial.outcomes.guardDenied, answer: 'deny' };
  return {
    ...EMPTY,
    identity: 'guard',
    kind: 'guard',
    title: t.policyTrial.guard,
    outcome,
    decides: guard !== null,
    rule: guard === null ? null : guard.rule,
    words: guard?.message ?? null,
  };
}

const standingBranch = (bounds: string, decides: boolean): Branch => ({
  ...EMPTY,
  identity: 'standing',
  kind: 'standing',
  title: t.policyTrial.standing,
  outcome: decides
    ? { words: t.policyTrial.outcomes.standingAnswers, answer: 'allow' }
    : { words: t.policyTrial.outcomes.standingIdle, answer: 'allow' },
  decides,
  words: bounds,
});

/** Patterns of kept fields that no read matches are one line, not one each. */
function gathered(steps: readonly Step[]): Step[] {
  const idle = (step: Step) => step.kind === 'redact' && step.outcome === 'passed';
  const first = steps.find(idle);
  return steps.filter((step) => step === first || !idle(step));
}

function stepBranch(step: Step, decides: boolean): Branch {
  return {
    identity: signature(step),
    kind: 'step',
    title: t.policyTrial.steps[step.kind],
    outcome: ofStep(step),
    decides,
    rule: pointer(step.rule),
    words: step.words,
    conditions: step.conditions,
    always: isRule(step) && step.conditions.length === 0,
    counter: step.counter,
    children: [],
  };
}

/** What a rule says, wherever it stands: two files that share a rule share its signature. */
function signature(step: Step): string {
  const conditions = step.conditions.map(({ path, op, value }) => [path, op, value]);
  const counter = step.counter === null ? null : [step.counter.counter, step.counter.window, step.counter.max];
  // A rule without conditions is told from another by its words; hide, default and redact by their place.
  return JSON.stringify([step.kind, conditions, counter, isRule(step) ? step.words : placeOf(step)]);
}

const placeOf = ({ kind, outcome, rule }: Step): string =>
  kind === 'redact' && outcome === 'passed' ? '' : pointer(rule);

const isRule = ({ kind }: Step): boolean => kind === 'deny_if' || kind === 'require' || kind === 'require_approval';

function ofDecision(decision: Decision, steps: readonly Step[]): Outcome {
  const answers = t.policyTrial.answers;
  if (decision.kind !== 'deny') return { words: answers[decision.kind], answer: decision.kind };
  const denied = steps.filter(({ outcome }) => outcome === 'denied');
  const by = denied.find(({ rule }) => rule === ruleOf(decision)) ?? denied[0];
  const answer = isFull(by) ? 'limited' : 'deny';
  return { words: answers[answer], answer };
}

function ofStep(step: Step): Outcome {
  const words = t.policyTrial.outcomes.steps[step.kind];
  switch (step.outcome) {
    case 'passed':
      return { words: words.passed, answer: 'allow' };
    case 'asked':
      return { words: t.policyTrial.outcomes.asked, answer: 'ask' };
    case 'denied':
      if (isFull(step)) return { words: t.policyTrial.outcomes.spent, answer: 'limited' };
      return { words: words.denied, answer: 'deny' };
  }
}
