/** A door that a test opens when it is ready, so that nothing has to sleep. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function createGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

export function isGate(value: unknown): value is Gate {
  return typeof value === 'object' && value !== null && 'opened' in value && value.opened instanceof Promise
}
