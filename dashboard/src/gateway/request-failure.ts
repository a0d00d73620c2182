/** Why a call brought nothing: the server said so, the stream broke off, nothing answered, or the answer makes no sense. */
export type FailureReason = 'answered' | 'interrupted' | 'unreachable' | 'unreadable'

export interface FailureDetails {
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly requestId?: string | undefined
  /** As the server wrote it: seconds or a date. */
  readonly retryAfter?: string | undefined
}

/** The message is the server's own where `reason` is `answered`, and empty otherwise: the page then has its own words. */
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

/** Anything thrown on the way of a call. A stranger is a connection that broke: `fetch` throws a bare TypeError then. */
export function toRequestFailure(error: unknown): RequestFailure {
  return error instanceof RequestFailure ? error : new RequestFailure('unreachable')
}
