/** A yes-or-no question to the person, in words. */
export interface Wording {
  title: string;
  body: string;
  yes: string;
  no?: string;
  /** Yes cannot be undone. */
  danger?: boolean;
}

export interface Question extends Wording {
  answer(yes: boolean): void;
}

/** Asks one question at a time; a second one answers the first with no. */
export class Questions {
  current = $state.raw<Question | null>(null);

  ask(wording: Wording): Promise<boolean> {
    this.current?.answer(false);
    return new Promise((resolve) => {
      this.current = {
        ...wording,
        answer: (yes) => {
          this.current = null;
          resolve(yes);
        },
      };
    });
  }
}
