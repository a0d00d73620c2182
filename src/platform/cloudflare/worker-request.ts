import { AbortSwitch } from '../../core/abort-switch.ts'
import type { BufferShare } from '../../core/buffers.ts'
import { type ByteStream, fromReadable } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { isLoopbackAddress } from '../../core/loopback.ts'
import type { IncomingRequest } from '../../http/incoming-request.ts'
import type { CallerHeaders } from '../../providers/forward-headers.ts'
import { isReadWhole, WholeBody } from './upstream/whole-body.ts'

/** A request of workerd in Weir's terms. */
export class WorkerRequest implements IncomingRequest {
  readonly method: string
  readonly scheme: 'http' | 'https'
  readonly target: string
  readonly bodyLength: number | undefined
  /** Aborts when the caller has left; to be aborted where the answer's stream sees that first. */
  readonly gone = new AbortSwitch()
  readonly isHttp10 = false
  readonly isLoopback: boolean
  /** Cloudflare sets it on every request, over whatever a caller wrote there; wrangler on this machine where the caller wrote nothing. */
  readonly address: string | undefined
  readonly arrivedAt = performance.now()
  /** Bound, since calls take it along. */
  readonly defer: (work: Promise<unknown>) => void
  readonly #request: Request
  readonly #shares: BufferShare[] = []
  #isSent = false

  /** `isLocal` where only this machine can reach the Worker. */
  constructor(request: Request, context: ExecutionContext, isLocal: boolean) {
    const { url, headers } = request
    const path = url.indexOf('/', 'https://'.length)
    const length = headers.get('content-length')
    this.method = request.method
    this.scheme = url.startsWith('https:') ? 'https' : 'http'
    this.target = path === -1 ? '/' : url.slice(path)
    this.bodyLength = length === null ? undefined : Number(length)
    this.address = headers.get('cf-connecting-ip') ?? undefined
    this.isLoopback = isLocal && this.address !== undefined && isLoopbackAddress(this.address)
    this.#request = request
    this.defer = (work) => context.waitUntil(work)
    request.signal.addEventListener('abort', () => this.gone.abort(undefined))
  }

  header(name: string): string | undefined {
    // Wrangler's own word for this machine is no sign of a proxy.
    if (this.isLoopback && name === 'cf-connecting-ip') return undefined
    return this.#request.headers.get(name) ?? undefined
  }

  headers(): CallerHeaders {
    return Object.fromEntries(this.#request.headers)
  }

  /** Bound, since calls take it along. */
  readonly untilSent = (share: BufferShare): void => {
    if (this.#isSent) share.giveBack()
    else this.#shares.push(share)
  }

  /** To be called once workerd has the response. */
  sent(): void {
    this.#isSent = true
    for (const share of this.#shares) share.giveBack()
  }

  body(): ByteStream {
    return isReadWhole(this.bodyLength, this.#request.headers.get('content-type'))
      ? new WholeBody(this.#request, toBrokenBody)
      : fromReadable(this.#request.body, toBrokenBody)
  }
}

function toBrokenBody(cause: unknown): GatewayError {
  return new GatewayError('bad_request', 'The body ended before its announced length.', { cause })
}
