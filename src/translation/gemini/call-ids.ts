/**
 * Gives the calls of a conversation their ids, which other dialects require and Gemini's clients often leave out. A
 * conversation has the same ids in each request. Results without an id answer the calls of their name in order.
 */
export class CallIds {
  readonly #byId = new Map<string, Queue>()
  readonly #byName = new Map<string, Queue>()
  #count = 0

  /** Returns the id of a call. */
  open(id: string | undefined, name: string): string {
    const known = id ?? this.#next(name)
    const call = { id: known, isAnswered: false }
    addTo(this.#byId, known, call)
    addTo(this.#byName, name, call)
    return known
  }

  /** Returns the id of the call that a result answers. */
  close(id: string | undefined, name: string): string {
    const byId = id === undefined ? undefined : firstOf(this.#byId.get(id))
    // A client may give the result an id that its call does not have.
    const call = byId ?? firstOf(this.#byName.get(name))
    if (call !== undefined) call.isAnswered = true
    return call?.id ?? id ?? this.#next(name)
  }

  #next(name: string): string {
    this.#count += 1
    return `call_${this.#count}_${name}`
  }
}

interface OpenCall {
  readonly id: string
  isAnswered: boolean
}

interface Queue {
  readonly calls: OpenCall[]
  /** The calls before it are answered. */
  start: number
}

function addTo(queues: Map<string, Queue>, key: string, call: OpenCall): void {
  const queue = queues.get(key)
  if (queue === undefined) queues.set(key, { calls: [call], start: 0 })
  else queue.calls.push(call)
}

function firstOf(queue: Queue | undefined): OpenCall | undefined {
  if (queue === undefined) return undefined
  while (queue.calls[queue.start]?.isAnswered === true) queue.start += 1
  return queue.calls[queue.start]
}
