/** A promise that a test resolves when it is ready, which replaces sleeping. */
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
