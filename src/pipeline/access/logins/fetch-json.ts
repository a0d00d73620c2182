import type { Clock } from '../../../core/clock.ts'
import { requestJson } from '../../../providers/request-json.ts'
import type { Transport } from '../../../providers/transport.ts'

/**
 * Fetches a JSON document. Sends no secret and follows no redirect (S06). Rejects with a sentence for the log if the
 * status is not 200, or the document is too large, late or not JSON.
 */
export type FetchJson = (
  url: URL,
  bounds: { readonly maxBytes: number; readonly timeoutMs: number },
) => Promise<unknown>

export function createJsonFetcher(transport: Transport, clock: Pick<Clock, 'after'>): FetchJson {
  return async (url, bounds) => {
    const { status, body } = await requestJson({ url, ...bounds }, { transport, clock })
    if (status !== 200) throw new Error(`${url.origin}${url.pathname} answered ${status}`)
    if (body === undefined) throw new Error(`${url.origin}${url.pathname} is not JSON`)
    return body
  }
}
