import type { Administration, AdminPorts } from '../../admin/administration.ts'
import { createAdminThrottle } from '../../admin/throttle.ts'
import { defaults } from '../../config/defaults.ts'
import { isLoopbackHost } from '../../config/is-loopback-host.ts'
import type { Settings } from '../../config/settings.ts'
import { createKeys } from '../../pipeline/access/key-cache.ts'
import { createProvider } from '../../providers/provider-kinds.ts'
import { createRegistry } from '../../providers/registry.ts'
import { createLineLog } from '../../telemetry/line-log.ts'
import { nodeClock } from './node-clock.ts'
import { nodeSecrets } from './node-secrets.ts'
import { openBooks } from './storage/open-books.ts'
import { type OpenStorage, openStorage } from './storage/open-storage.ts'
import { createImageFetcher } from './upstream/create-image-fetcher.ts'
import { createUndiciTransport } from './upstream/undici-transport.ts'

export interface OpenPorts {
  readonly ports: AdminPorts
  /** Nothing acknowledged is lost without it. */
  close(): Promise<void>
}

/** The outside world of Weir on Node. Rejects with ConfigError. */
export async function openPorts(settings: Settings, log: (line: string) => void): Promise<OpenPorts> {
  const transport = createUndiciTransport()
  const imageFetcher = createImageFetcher()
  const storage = await openStorage(settings, { transport, clock: nodeClock })
  const books = storage === undefined ? undefined : openBooks(storage, settings, log)
  const ports = {
    settings,
    registry: createRegistry(settings.providers.map(createProvider), settings),
    transport,
    fetchImage: imageFetcher.fetch,
    clock: nodeClock,
    secrets: nodeSecrets,
    log: createLineLog({ level: settings.log.level, now: nodeClock.now, write: log }),
    storage,
    keys: storage && createKeys(storage.keys, nodeClock, defaults.keys.node),
    metering: books?.metering,
    admin: toAdministration(storage, settings),
  }
  return {
    ports,
    async close() {
      await books?.close()
      storage?.close()
      await Promise.all([transport.close(), imageFetcher.close()])
    },
  }
}

/** A secret that Weir makes itself is for this machine alone; whoever serves others chooses one. */
function toAdministration(storage: OpenStorage | undefined, { access, server }: Settings): Administration {
  const makesSecret = access.adminToken === undefined && isLoopbackHost(server.host)
  return {
    actor: 'admin',
    secret: makesSecret ? storage?.adminSecret : undefined,
    audit: storage?.audit,
    throttle: createAdminThrottle(nodeClock),
  }
}
