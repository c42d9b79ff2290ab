import type { Decision } from '../../../lib/bindings/Decision';
import type { DecisionTree } from '../../../lib/bindings/DecisionTree';
import type { Explanation } from '../../../lib/bindings/Explanation';
import type { LayerExplanation } from '../../../lib/bindings/LayerExplanation';
import type { ReplayKind } from '../../../lib/bindings/ReplayKind';
import type { Step } from '../../../lib/bindings/Step';

/** The answers, mildest first. */
export const ANSWERS = ['allow', 'ask', 'limited', 'deny'] as const satisfies readonly ReplayKind[];

/** What a change does to an agent: it may do more, less, or the same by another rule. */
export type Direction = 'loosened' | 'tightened' | 'same';

/** A full limit is stricter than a question, because nobody can answer it, and milder than a denial: it passes. */
export function direction(from: ReplayKind, to: ReplayKind): Direction {
  const step = ANSWERS.indexOf(to) - ANSWERS.indexOf(from);
  return step === 0 ? 'same' : step < 0 ? 'loosened' : 'tightened';
}

/** What decided a call: the step, or the layer or reading alone where no step says so. */
export interface Decisive {
  reading: Explanation;
  layer: LayerExplanation | null;
  step: Step | null;
}

/** The path through the tree that leads to its answer; none for what is allowed or stopped by the guard. */
export function decisive(tree: DecisionTree): Decisive | null {
  if (tree.guard !== null || tree.decision.kind === 'allow') return null;
  const reading = first(tree.readings, tree.decision);
  if (reading === undefined) return null;
  const layer = first(reading.layers, reading.decision) ?? null;
  const wanted = tree.decision.kind === 'ask' ? 'asked' : 'denied';
  const steps = layer?.steps.filter(({ outcome }) => outcome === wanted) ?? [];
  const step = steps.find(({ rule }) => rule === ruleOf(reading.decision)) ?? steps[0] ?? null;
  return { reading, layer, step };
}

/** The answer in one word. */
export function answerOf(tree: DecisionTree): ReplayKind {
  if (tree.guard !== null) return 'deny';
  if (tree.decision.kind !== 'deny') return tree.standing === null ? tree.decision.kind : 'allow';
  return isFull(decisive(tree)?.step) ? 'limited' : 'deny';
}

/** Whether a step is a limit that is spent; one that cannot be counted denies for good. */
export const isFull = (step: Step | null | undefined): boolean =>
  step?.kind === 'limit' && step.outcome === 'denied' && step.counter !== null;

/** The rule that a decision names; empty when it allows. */
export const ruleOf = (decision: Decision): string => (decision.kind === 'allow' ? '' : decision.rule);

/** Of those that decide alike, the one that names the same rule, else the first. */
function first<T extends { decision: Decision }>(all: readonly T[], decision: Decision): T | undefined {
  const alike = all.filter((one) => one.decision.kind === decision.kind);
  return alike.find((one) => ruleOf(one.decision) === ruleOf(decision)) ?? alike[0];
}
