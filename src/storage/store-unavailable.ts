import { GatewayError } from '../core/errors.ts'

/**
 * Returns the error for a store that is temporarily unavailable. The backend's own error is for the log, so it is the
 * cause.
 */
export function storeUnavailable(cause: unknown): GatewayError {
  return new GatewayError(
    'store_unavailable',
    'Stored data cannot be read or written at the moment. Try again later.',
    { cause },
  )
}

/** Resolves with the value of `work`; converts its failure to {@link storeUnavailable}. */
export async function orUnavailable<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    throw storeUnavailable(error)
  }
}
