import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Dispatcher } from 'undici/index.js'
import { Pieces } from '../../../core/byte-stream.ts'
import type { FetchImage, ImageLink } from '../../../pipeline/call/ports.ts'
import { isPublicAddress } from './public-address.ts'
import { Agent } from './undici-parts.ts'

export interface ImageFetcher {
  readonly fetch: FetchImage
  /** Closes every connection. */
  close(): Promise<void>
}

/** Resolves a host name to all its addresses. */
export type ResolveAll = (
  hostname: string,
  settle: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

const connectTimeoutMs = 10_000

/** Creates a fetcher of images, which sends no key and follows no redirect. */
export function createImageFetcher(resolveAll: ResolveAll = resolveBySystem): ImageFetcher {
  const anywhere = new Agent({ connect: { timeout: connectTimeoutMs }, allowH2: false })
  // Checks the addresses that the socket itself resolves, because a second lookup could return others (S05).
  // TLS still checks the name.
  const publicOnly = new Agent({
    connect: { timeout: connectTimeoutMs, lookup: toPublicLookup(resolveAll) },
    allowH2: false,
  })
  return {
    fetch: (link) => fetchImage(link, link.isTrusted ? anywhere : publicOnly),
    async close() {
      await Promise.all([anywhere.destroy(), publicOnly.destroy()])
    },
  }
}

async function fetchImage(
  { url, maxBytes, timeoutMs, signal, share }: ImageLink,
  dispatcher: Dispatcher,
): Promise<Uint8Array> {
  const { origin, pathname, search } = url
  const { statusCode, body } = await dispatcher.request({
    origin,
    path: pathname + search,
    method: 'GET',
    headers: { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'weir' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  })
  const pieces = new Pieces()
  // Leaving the loop early closes the connection.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    if (statusCode !== 200) break
    pieces.add(chunk)
    if (pieces.length > maxBytes) throw new Error(`it is over images.max_bytes (${maxBytes})`)
    share.require(pieces.length)
  }
  if (statusCode !== 200) throw new Error(`the provider’s URL answered ${statusCode}`)
  return pieces.join()
}

/** Rejects a name if any of its addresses is not public. */
function toPublicLookup(resolveAll: ResolveAll): LookupFunction {
  return (hostname, options, settle) =>
    resolveAll(hostname, (error, addresses) => {
      const [first] = addresses ?? []
      if (error !== null || first === undefined)
        return settle(error ?? new Error('the host in the provider’s URL has no address'), '')
      if (!addresses.every(({ address }) => isPublicAddress(address)))
        return settle(new Error('the host in the provider’s URL has an address that is not public'), '')
      if (options.all === true) return settle(null, addresses)
      return settle(null, first.address, first.family)
    })
}

function resolveBySystem(hostname: string, settle: Parameters<ResolveAll>[1]): void {
  lookup(hostname, { all: true }, settle)
}
