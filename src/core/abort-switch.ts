/** The part of an `AbortSignal` that Weir needs. A real one fits too. */
export interface Signal {
  readonly aborted: boolean
  readonly reason: unknown
  /** `listener` is called once at most. */
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * An `AbortController` and its signal in one plain object. On Node a controller with one listener costs a call 9 µs, since its signal is an
 * `EventTarget`; every call needs two of them, and hardly ever is one of them used.
 */
export class AbortSwitch implements Signal {
  aborted = false
  reason: unknown = undefined
  /** Made with its first listener in it, since an array that grows takes room for 17. */
  #listeners: (() => void)[] | undefined = undefined

  /** A second call does nothing. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    // A listener may remove another; a removed listener must not run.
    for (let next = this.#listeners?.shift(); next !== undefined; next = this.#listeners?.shift()) next()
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.aborted) return
    if (this.#listeners === undefined) this.#listeners = [listener]
    else this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1
    if (at !== -1) this.#listeners?.splice(at, 1)
  }
}

/** The same signal for an API that takes the web's own. */
export function toAbortSignal(signal: Signal): AbortSignal {
  if (signal instanceof AbortSignal) return signal
  const controller = new AbortController()
  const follow = () => controller.abort(signal.reason)
  if (signal.aborted) follow()
  else signal.addEventListener('abort', follow)
  return controller.signal
}
