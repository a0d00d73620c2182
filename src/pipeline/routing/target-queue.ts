import type { Target } from '../../providers/registry.ts'

/** The targets that remain for a call. Each is found when it is needed, because nearly all calls need the first only. */
export class TargetQueue implements Iterable<Target> {
  readonly #source: Iterator<Target>
  /** Undefined until the first is needed. */
  #next: IteratorResult<Target, unknown> | undefined

  constructor(targets: Iterable<Target>) {
    this.#source = targets[Symbol.iterator]()
  }

  /** The target that {@link shift} returns; undefined if none is left. */
  get first(): Target | undefined {
    this.#next ??= this.#source.next()
    return this.#next.done === true ? undefined : this.#next.value
  }

  /** Removes the first target and returns it. */
  shift(): Target | undefined {
    const { first } = this
    if (first !== undefined) this.#next = undefined
    return first
  }

  /** Removes the targets that it yields. */
  *[Symbol.iterator](): Generator<Target, void> {
    for (let target = this.shift(); target !== undefined; target = this.shift()) yield target
  }
}
