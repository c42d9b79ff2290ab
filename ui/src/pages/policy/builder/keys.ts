/** Names for the items of a list whose items are replaced at each edit, so that what stands beside one stays with it. */
export class Keys {
  #next = 0;
  #names: number[] = [];

  /** One for each of so many items. */
  of(length: number): readonly number[] {
    while (this.#names.length < length) this.#names.push(this.#next++);
    this.#names.length = length;
    return [...this.#names];
  }

  remove(at: number): void {
    this.#names.splice(at, 1);
  }

  insert(at: number): void {
    this.#names.splice(at, 0, this.#next++);
  }
}
