import { isDeepStrictEqual } from 'node:util'
import type { AdminPorts } from '../../admin/administration.ts'
import { createAdminThrottle } from '../../admin/throttle.ts'
import { defaults } from '../../config/defaults.ts'
import type { ProxySettings, Settings } from '../../config/settings.ts'
import { Buffers } from '../../core/buffers.ts'
import { isLoopbackBind } from '../../core/loopback.ts'
import { createKeys } from '../../pipeline/access/key-cache.ts'
import { createProvider } from '../../providers/provider-kinds.ts'
import { createRegistry } from '../../providers/registry.ts'
import { createLineLog } from '../../telemetry/line-log.ts'
import { nodeClock } from './node-clock.ts'
import { nodeSecrets } from './node-secrets.ts'
import { openMetering } from './storage/open-metering.ts'
import { openStorage, reopenBlobs } from './storage/open-storage.ts'
import { createImageFetcher } from './upstream/create-image-fetcher.ts'
import { createUndiciTransport, type UndiciTransport } from './upstream/undici-transport.ts'

export interface OpenPorts {
  readonly ports: AdminPorts
  /**
   * The same world under other settings, for the calls that come from now on: storage, books, counters and connections are shared with those under way,
   * and so is what is known of providers that stay as they are. Nothing is in force before `prepare` has resolved. Rejects with ConfigError, or as `prepare`.
   */
  change(settings: Settings, prepare: (next: AdminPorts) => Promise<void>): Promise<AdminPorts>
  /** Nothing acknowledged is lost without it. */
  close(): Promise<void>
}

const regionAdvice =
  'This provider does not serve the country that Weir calls it from, which is that of this server or of the proxy that it calls through (HTTPS_PROXY, or `proxy` of the provider). Its operator moves the one or the other.'

/** The outside world of Weir on Node. Rejects with ConfigError. */
export async function openPorts(first: Settings, log: (line: string) => void): Promise<OpenPorts> {
  const transports = createTransports()
  const imageFetcher = createImageFetcher()
  const toS3Ports = ({ proxy }: Settings) => ({ transport: transports.through(proxy), clock: nodeClock })
  const storage = await openStorage(first, toS3Ports(first))
  const metering = storage && openMetering(storage, first, nodeClock, log)
  const shared = {
    fetchImage: imageFetcher.fetch,
    regionAdvice,
    clock: nodeClock,
    buffers: new Buffers(first.server.maxBufferedBytes),
    secrets: nodeSecrets,
    keys: storage && createKeys(storage.keys, nodeClock, defaults.keys.node),
  }
  const admin = { actor: 'admin' as const, audit: storage?.audit, throttle: createAdminThrottle(nodeClock) }

  function toPorts(
    settings: Settings,
    opened: Pick<AdminPorts, 'storage' | 'metering'>,
    known?: AdminPorts,
  ): AdminPorts {
    const { access, server, log: logging } = settings
    return {
      ...shared,
      ...opened,
      settings,
      registry: createRegistry(toProviders(settings, known), settings),
      transport: transports.through(settings.proxy),
      log: createLineLog({ level: logging.level, now: nodeClock.now, write: log }),
      admin: {
        ...admin,
        // A secret that Weir makes itself is for this machine alone; an operator who serves others chooses one.
        secret: access.adminToken === undefined && isLoopbackBind(server.host) ? storage?.adminSecret : undefined,
      },
    }
  }

  let ports = toPorts(first, { storage, metering: metering?.metering })
  return {
    ports,
    async change(settings, prepare) {
      const isFolder = settings.storage.s3 === undefined && ports.settings.storage.s3 === undefined
      // A folder that is full would refuse a change that empties it.
      const blobs = storage === undefined || isFolder ? undefined : await reopenBlobs(settings, toS3Ports(settings))
      const kept = ports.storage && { ...ports.storage, ...(blobs !== undefined && { blobs }) }
      const next = toPorts(settings, { storage: kept, metering: metering?.metering }, ports)
      await prepare(next)
      // Last, since the times after which records are deleted come into force with it.
      ports = metering === undefined ? next : { ...next, metering: metering.change(settings) }
      return ports
    },
    async close() {
      await metering?.close()
      storage?.close()
      await Promise.all([transports.close(), imageFetcher.close()])
    },
  }
}

/** Those of `known` whose settings are the same stay, with their reports and what they were found to refuse. */
function toProviders({ providers }: Settings, known: AdminPorts | undefined) {
  return providers.map((settings) => {
    const before = known?.settings.providers.find(({ id }) => id === settings.id)
    const same = isDeepStrictEqual(before, settings) ? known?.registry.find(settings.id) : undefined
    return same ?? createProvider(settings)
  })
}

/** One transport for each set of proxies that there ever was: calls under way keep theirs, and its idle connections close by themselves. */
function createTransports() {
  const open: { readonly proxy: ProxySettings; readonly transport: UndiciTransport }[] = []
  return {
    through(proxy: ProxySettings): UndiciTransport {
      const known = open.find((one) => isDeepStrictEqual(one.proxy, proxy))
      if (known !== undefined) return known.transport
      const transport = createUndiciTransport(proxy)
      open.push({ proxy, transport })
      return transport
    },
    close: () => Promise.all(open.map(({ transport }) => transport.close())),
  }
}
