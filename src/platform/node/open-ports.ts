import type { AdminPorts } from '../../admin/administration.ts'
import { createAdminThrottle } from '../../admin/throttle.ts'
import { defaults } from '../../config/defaults.ts'
import type { Settings } from '../../config/settings.ts'
import { Buffers } from '../../core/buffers.ts'
import { isLoopbackBind } from '../../core/loopback.ts'
import { createKeys } from '../../pipeline/access/key-cache.ts'
import { createProvider } from '../../providers/provider-kinds.ts'
import { createRegistry } from '../../providers/registry.ts'
import { createLineLog } from '../../telemetry/line-log.ts'
import { nodeClock } from './node-clock.ts'
import { nodeSecrets } from './node-secrets.ts'
import { openMetering } from './storage/open-metering.ts'
import { openStorage } from './storage/open-storage.ts'
import { createImageFetcher } from './upstream/create-image-fetcher.ts'
import { createUndiciTransport } from './upstream/undici-transport.ts'

export interface OpenPorts {
  readonly ports: AdminPorts
  /** Nothing acknowledged is lost without it. */
  close(): Promise<void>
}

/** The outside world of Weir on Node. Rejects with ConfigError. */
export async function openPorts(settings: Settings, log: (line: string) => void): Promise<OpenPorts> {
  const { access, server } = settings
  const transport = createUndiciTransport(settings.proxy)
  const imageFetcher = createImageFetcher()
  const storage = await openStorage(settings, { transport, clock: nodeClock })
  const metering = storage && openMetering(storage, settings, nodeClock, log)
  const ports = {
    settings,
    registry: createRegistry(settings.providers.map(createProvider), settings),
    transport,
    fetchImage: imageFetcher.fetch,
    clock: nodeClock,
    buffers: new Buffers(settings.server.maxBufferedBytes),
    secrets: nodeSecrets,
    log: createLineLog({ level: settings.log.level, now: nodeClock.now, write: log }),
    storage,
    keys: storage && createKeys(storage.keys, nodeClock, defaults.keys.node),
    metering: metering?.metering,
    admin: {
      actor: 'admin' as const,
      // A secret that Weir makes itself is for this machine alone; an operator who serves others chooses one.
      secret: access.adminToken === undefined && isLoopbackBind(server.host) ? storage?.adminSecret : undefined,
      audit: storage?.audit,
      throttle: createAdminThrottle(nodeClock),
    },
  }
  return {
    ports,
    async close() {
      await metering?.close()
      storage?.close()
      await Promise.all([transport.close(), imageFetcher.close()])
    },
  }
}
