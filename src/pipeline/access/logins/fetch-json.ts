import { AbortSwitch } from '../../../core/abort-switch.ts'
import { Pieces } from '../../../core/byte-stream.ts'
import type { Clock } from '../../../core/clock.ts'
import type { Transport } from '../../../providers/transport.ts'

/**
 * Fetches a JSON document. Sends no secret and follows no redirect (S06). Rejects with a sentence for the log if the
 * status is not 200, or the document is too large, late or not JSON.
 */
export type FetchJson = (
  url: URL,
  bounds: { readonly maxBytes: number; readonly timeoutMs: number },
) => Promise<unknown>

/** Creates a fetcher on the transport of the providers, with the server's proxy. */
export function createJsonFetcher(transport: Transport, clock: Pick<Clock, 'after'>): FetchJson {
  return async ({ origin, pathname, search }, { maxBytes, timeoutMs }) => {
    const signal = new AbortSwitch()
    const stop = clock.after(timeoutMs, () => signal.abort(new Error(`${origin} did not answer in ${timeoutMs} ms`)))
    try {
      const { status, body } = await transport.send({
        method: 'GET',
        origin,
        path: pathname + search,
        headers: { accept: 'application/json', 'user-agent': 'weir' },
        body: undefined,
        signal,
        connectTimeoutMs: timeoutMs,
      })
      if (status !== 200) {
        body.cancel()
        throw new Error(`${origin}${pathname} answered ${status}`)
      }
      const pieces = new Pieces()
      await new Promise<void>((resolve, reject) => {
        body.start({
          write(chunk) {
            if (pieces.length + chunk.length > maxBytes) {
              body.cancel()
              reject(new Error(`${origin}${pathname} is over ${maxBytes} bytes`))
              return false
            }
            pieces.add(chunk)
            return true
          },
          end: resolve,
          fail: reject,
        })
      })
      return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(pieces.join()))
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError)
        throw new Error(`${origin}${pathname} is not JSON`, { cause: error })
      throw error
    } finally {
      stop()
    }
  }
}
