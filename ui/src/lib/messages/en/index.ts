import { activity } from './activity';
import { agents } from './agents';
import { approval } from './approval';
import { approvals } from './approvals';
import { connections } from './connections';
import { frame } from './frame';
import { hostile } from './hostile';
import { policy } from './policy';
import { policyBuilder } from './policy-builder';
import { policyTrial } from './policy-trial';
import { settings } from './settings';

/** Every text of both windows, in English, by page. Text with a value in it is a function. */
export const en = {
  ...frame,
  ...connections,
  ...approvals,
  ...agents,
  ...activity,
  ...hostile,
  ...approval,
  ...policy,
  ...policyTrial,
  ...policyBuilder,
  ...settings,
};
