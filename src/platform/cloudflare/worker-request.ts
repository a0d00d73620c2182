import { AbortSwitch } from '../../core/abort-switch.ts'
import type { BufferShare } from '../../core/buffers.ts'
import { type ByteStream, fromReadable } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { isLoopbackAddress } from '../../core/loopback.ts'
import type { IncomingRequest } from '../../http/incoming-request.ts'
import type { CallerHeaders } from '../../providers/forward-headers.ts'
import { isReadWhole, WholeBody } from './upstream/whole-body.ts'

/** A request of workerd as an {@link IncomingRequest}. */
export class WorkerRequest implements IncomingRequest {
  readonly method: string
  readonly scheme: 'http' | 'https'
  readonly target: string
  readonly bodyLength: number | undefined
  /** Aborts when the client has disconnected. The response stream aborts it if it notices first. */
  readonly gone = new AbortSwitch()
  readonly isHttp10 = false
  readonly isLoopback: boolean
  /**
   * Address of the client. Cloudflare always overwrites its header; a local wrangler sets it only if the client did
   * not.
   */
  readonly address: string | undefined
  readonly arrivedAt = performance.now()
  /** An arrow function, because it is passed without its object. */
  readonly defer: (work: Promise<unknown>) => void
  readonly #request: Request
  readonly #shares: BufferShare[] = []
  #isSent = false

  /** `isLocal`: only this machine can reach the Worker. */
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
    // On loopback, wrangler itself sets this header, so it does not indicate a proxy.
    if (this.isLoopback && name === 'cf-connecting-ip') return undefined
    return this.#request.headers.get(name) ?? undefined
  }

  headers(): CallerHeaders {
    return Object.fromEntries(this.#request.headers)
  }

  /** An arrow function, because it is passed without its object. */
  readonly releaseWhenSent = (share: BufferShare): void => {
    if (this.#isSent) share.release()
    else this.#shares.push(share)
  }

  /** Releases the memory shares. Call it once workerd has the response. */
  sent(): void {
    this.#isSent = true
    for (const share of this.#shares) share.release()
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
