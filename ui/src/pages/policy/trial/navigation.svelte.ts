import type { Desk } from '../../../main-window/desk.svelte';

/** A recorded call that the person wants to try. Each wish is a new one, also for the same entry. */
export interface Wish {
  /** Its entry in the journal. */
  seq: number;
}

/** What the Policy page was asked to try from elsewhere; `TryCall` takes it once it is there. */
class Wishes {
  current = $state.raw<Wish | null>(null);

  take(): Wish | null {
    const taken = this.current;
    this.current = null;
    return taken;
  }
}

export const wishes = new Wishes();

/** Leads to the Policy page, with a recorded call to try. */
export async function tryRecorded(desk: Desk, seq: number): Promise<void> {
  wishes.current = { seq };
  await desk.go('policy');
  if (desk.page === 'policy') desk.policies.view = 'try';
  // The person stayed where changes are unsaved: the wish is not kept for another time.
  else wishes.current = null;
}
