import { GatewayError } from '../core/errors.ts'
import type { Provider } from '../providers/provider.ts'
import type { TransportResponse } from '../providers/transport.ts'

/** Refuses a response whose status is no answer. Throws GatewayError `upstream_redirected` or `upstream_invalid_answer`. */
export function checkStatus({ status, body }: TransportResponse, { id }: Provider): void {
  if (isAnswer(status)) return
  body.cancel()
  if (status >= 300 && status < 400) {
    throw new GatewayError(
      'upstream_redirected',
      `The provider \`${id}\` answered with a redirect, which is never followed. Correct its base URL.`,
    )
  }
  throw new GatewayError('upstream_invalid_answer', `The provider \`${id}\` answered with the status ${status}.`)
}

/** Others than these a Worker cannot pass on. 205 tells a browser to empty its form and may have no body; 407 means a proxy, and `fetch` hides it. */
function isAnswer(status: number): boolean {
  return status !== 205 && status !== 407 && ((status >= 200 && status < 300) || (status >= 400 && status < 600))
}
