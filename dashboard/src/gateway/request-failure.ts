/** Why a call failed: the server returned an error, the stream broke off, the connection failed, or the response is malformed. */
export type FailureReason = 'refused' | 'interrupted' | 'unreachable' | 'unreadable'

export interface FailureDetails {
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly requestId?: string | undefined
  /** As the server wrote it: seconds or a date. */
  readonly retryAfter?: string | undefined
}

/** A failed call. `message` holds the message of the server if `reason` is `refused`, and is empty otherwise. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  readonly reason: FailureReason
  readonly details: FailureDetails

  constructor(reason: FailureReason, message = '', details: FailureDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.details = details
  }
}

/** Converts anything that a call throws. Any other error means a broken connection: `fetch` throws a plain TypeError then. */
export function toRequestFailure(error: unknown): RequestFailure {
  return error instanceof RequestFailure ? error : new RequestFailure('unreachable')
}
