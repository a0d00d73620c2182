/**
 * Gives the calls of a conversation their ids, which other dialects require and Gemini's clients often leave out. A
 * conversation has the same ids in each request. Results without an id answer the calls of their name in order.
 */
export class CallIds {
  readonly #waiting: { readonly id: string; readonly name: string }[] = []
  #count = 0

  /** Returns the id of a call. */
  open(id: string | undefined, name: string): string {
    const known = id ?? this.#next(name)
    this.#waiting.push({ id: known, name })
    return known
  }

  /** Returns the id of the call that a result answers. */
  close(id: string | undefined, name: string): string {
    const byId = this.#waiting.findIndex((call) => call.id === id)
    // A client may give the result an id that its call does not have.
    const at = byId === -1 ? this.#waiting.findIndex((call) => call.name === name) : byId
    const [call] = at === -1 ? [] : this.#waiting.splice(at, 1)
    return call?.id ?? id ?? this.#next(name)
  }

  #next(name: string): string {
    this.#count += 1
    return `call_${this.#count}_${name}`
  }
}
