import { isDeepStrictEqual } from 'node:util'
import type { AdminPorts } from '../../admin/administration.ts'
import { createAdminThrottle } from '../../admin/throttle.ts'
import { defaults } from '../../config/defaults.ts'
import type { ProxySettings, Settings } from '../../config/settings.ts'
import { Buffers } from '../../core/buffers.ts'
import { isLoopbackBind } from '../../core/loopback.ts'
import { createNetworkCounter } from '../../core/network-counter.ts'
import { createClientTokens } from '../../pipeline/access/client-tokens.ts'
import { createProofChecker } from '../../pipeline/access/create-proof-checker.ts'
import { createKeys } from '../../pipeline/access/key-cache.ts'
import { createLogins } from '../../pipeline/access/logins/create-logins.ts'
import { createJsonFetcher } from '../../pipeline/access/logins/fetch-json.ts'
import type { ClientTokens } from '../../pipeline/call/client-tokens.ts'
import type { Logins } from '../../pipeline/call/logins.ts'
import { toPriceOf } from '../../pipeline/routing/replace-retired.ts'
import { createProvider } from '../../providers/provider-kinds.ts'
import { createRegistry } from '../../providers/registry.ts'
import type { Transport } from '../../providers/transport.ts'
import { HealthBook } from '../../routing/health.ts'
import { createRoutes } from '../../routing/routes.ts'
import { createLineLog } from '../../telemetry/line-log.ts'
import { checkByOpenssl } from './check-signature.ts'
import { nodeClock } from './node-clock.ts'
import { nodeSecrets } from './node-secrets.ts'
import { openMetering } from './storage/open-metering.ts'
import { openStorage, reopenBlobs } from './storage/open-storage.ts'
import { createImageFetcher } from './upstream/create-image-fetcher.ts'
import { createUndiciTransport, type UndiciTransport } from './upstream/undici-transport.ts'

export interface OpenPorts {
  readonly ports: AdminPorts
  /**
   * Returns ports with other settings for new calls. They share storage, ledger, counters and connections with the
   * calls in progress, and the learned state of unchanged providers. Takes effect only after `prepare` resolves.
   * Rejects with ConfigError, or as `prepare` does.
   */
  change(settings: Settings, prepare: (next: AdminPorts) => Promise<void>): Promise<AdminPorts>
  /** Closes storage and connections. No acknowledged write is lost without it. */
  close(): Promise<void>
}

const regionAdvice =
  'This provider does not serve the country that Weir calls from: the country of this server, or of its proxy (HTTPS_PROXY, or `proxy` of the provider). Run the server, or a proxy, in a country that the provider serves.'

/** Opens Weir's ports on Node: storage, metering, transports. Rejects with ConfigError. */
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
    proofs: createProofChecker(nodeClock, nodeSecrets),
    newVisitors: createNetworkCounter(nodeClock, defaults.visitors.counter),
    visitorWrites: createNetworkCounter(nodeClock, defaults.visitors.counter),
    keys: storage && createKeys(storage, nodeClock, defaults.keys.node),
  }
  const health = new HealthBook()
  const admin = {
    actor: 'admin' as const,
    audit: storage?.audit,
    people: storage && { people: storage.people, sessions: storage.adminSessions, links: storage.links },
    throttle: createAdminThrottle(nodeClock),
    erasure: defaults.admin.erasure.node,
    guestThrottle: createAdminThrottle(nodeClock, Number.POSITIVE_INFINITY),
  }

  function toPorts(
    settings: Settings,
    opened: Pick<AdminPorts, 'storage' | 'metering'>,
    known?: AdminPorts,
  ): AdminPorts {
    const { access, server, log: logging } = settings
    const transport = transports.through(settings.proxy)
    const registry = createRegistry(toProviders(settings, known), settings)
    return {
      ...shared,
      ...opened,
      settings,
      registry,
      routes: createRoutes(
        settings.routes,
        registry,
        health,
        toPriceOf({ settings, clock: nodeClock, metering: opened.metering }),
        known?.routes,
      ),
      transport,
      logins: openLogins(settings, transport, known),
      clientTokens: openClientTokens(settings, storage?.tokenSecret),
      log: createLineLog({ level: logging.level, now: nodeClock.now, write: log }),
      admin: {
        ...admin,
        // A generated secret is only for loopback. An operator who serves other machines sets ADMIN_TOKEN.
        secret: access.adminToken === undefined && isLoopbackBind(server.host) ? storage?.adminSecret : undefined,
      },
    }
  }

  let ports = toPorts(first, { storage, metering: metering?.metering })
  return {
    ports,
    async change(settings, prepare) {
      const isFolder = settings.storage.s3 === undefined && ports.settings.storage.s3 === undefined
      // A folder is not opened again: if its disk is full, that would reject a change of settings that frees space.
      const blobs = storage === undefined || isFolder ? undefined : await reopenBlobs(settings, toS3Ports(settings))
      const kept = ports.storage && { ...ports.storage, ...(blobs !== undefined && { blobs }) }
      const next = toPorts(settings, { storage: kept, metering: metering?.withPrices(settings) }, ports)
      await prepare(next)
      // Not before `prepare`, which may reject the settings.
      metering?.retain(settings)
      ports = next
      return ports
    },
    async close() {
      await metering?.close()
      storage?.close()
      await Promise.all([transports.close(), imageFetcher.close()])
    },
  }
}

function openClientTokens({ clientTokens }: Settings, generated: string | undefined): ClientTokens | undefined {
  const [first = generated, ...previous] = clientTokens.secrets
  return first === undefined ? undefined : createClientTokens([first, ...previous], nodeSecrets)
}

/** Reuses the logins of `known` with equal settings, together with the keys of their issuers. */
function openLogins(settings: Settings, transport: Transport, known: AdminPorts | undefined): Logins | undefined {
  if (settings.logins.length === 0) return undefined
  if (known?.transport === transport && isDeepStrictEqual(known.settings.logins, settings.logins)) return known.logins
  return createLogins(settings.logins, {
    fetchJson: createJsonFetcher(transport, nodeClock),
    clock: nodeClock,
    secrets: nodeSecrets,
    checkSignature: checkByOpenssl,
  })
}

/** Creates the providers, and reuses those of `known` with equal settings, together with their learned state. */
function toProviders({ providers }: Settings, known: AdminPorts | undefined) {
  return providers.map((settings) => {
    const before = known?.settings.providers.find(({ id }) => id === settings.id)
    const unchanged = isDeepStrictEqual(before, settings) ? known?.registry.find(settings.id) : undefined
    return unchanged ?? createProvider(settings)
  })
}

/** Creates one transport per set of proxy settings. Old ones stay open for running calls; idle connections time out. */
function createTransports() {
  const open: { readonly proxy: ProxySettings; readonly transport: UndiciTransport }[] = []
  return {
    through(proxy: ProxySettings): UndiciTransport {
      const known = open.find((entry) => isDeepStrictEqual(entry.proxy, proxy))
      if (known !== undefined) return known.transport
      const transport = createUndiciTransport(proxy)
      open.push({ proxy, transport })
      return transport
    },
    close: () => Promise.all(open.map(({ transport }) => transport.close())),
  }
}
