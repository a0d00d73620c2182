import { GatewayError } from '../core/errors.ts'

/** The error of a store that cannot do its work now. What the backend said is for the log, so it travels as the cause. */
export function storeUnavailable(cause: unknown): GatewayError {
  return new GatewayError(
    'store_unavailable',
    'Stored data cannot be read or written at the moment. Try again later.',
    { cause },
  )
}

/** The value of `work`; a failure of it becomes {@link storeUnavailable}. */
export async function orUnavailable<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    throw storeUnavailable(error)
  }
}
