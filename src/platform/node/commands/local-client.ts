import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import type { AdminPorts } from '../../../admin/administration.ts'
import { parseSettings } from '../../../config/parse-settings.ts'
import type { Settings } from '../../../config/settings.ts'
import { type ByteStream, toByteStream } from '../../../core/byte-stream.ts'
import { isByteStream } from '../../../core/gateway-response.ts'
import { toHex } from '../../../core/to-hex.ts'
import { createApp } from '../../../http/app.ts'
import type { IncomingRequest } from '../../../http/incoming-request.ts'
import { createAdminSecret } from '../../../pipeline/access/admin-secret.ts'
import type { AdminSecretStore } from '../../../storage/admin-secret-store.ts'
import { loadEnvironment } from '../config/load-environment.ts'
import { type OpenPorts, openPorts } from '../open-ports.ts'
import { databaseIn } from '../storage/open-storage.ts'
import { toReadable } from '../upstream/to-readable.ts'
import { type AdminClient, type AdminQuery, toAdminTarget } from './client.ts'
import { CommandError } from './command-error.ts'
import { printMessage } from './print.ts'

/**
 * Opens the admin API on local storage, without socket and authentication: a user who can open the files owns them. A
 * server may use them meanwhile. Rejects with ConfigError, and with CommandError if there is no database.
 */
export async function openLocalClient(env: NodeJS.ProcessEnv, configPath: string | undefined): Promise<AdminClient> {
  const log: string[] = []
  const { ports, location, close } = await openLocalPorts(env, configPath, (line) => void log.push(line))
  const owner = becomeOwner(ports)
  const app = createApp(owner.ports)
  const deferred: Promise<unknown>[] = []
  return {
    location,
    async send(query) {
      log.length = 0
      const incoming = toIncomingRequest(query, owner.secret, (work) => void deferred.push(work))
      // `handle` resolves with undefined only if the caller has disconnected, which cannot happen here.
      const { status, body } = (await app.handle(incoming)) ?? { status: 500, body: '' }
      if (status >= 500) for (const line of log) printMessage(line)
      return { status, body: isByteStream(body) ? toReadable(body) : Readable.from([body]) }
    },
    async close() {
      await Promise.allSettled(deferred)
      await close()
    },
  }
}

export interface LocalPorts extends OpenPorts {
  /** The storage folder, for messages. */
  readonly location: string
}

/**
 * Opens the ports as a server in this folder would, but creates no database. Rejects as {@link openLocalClient} does.
 */
export async function openLocalPorts(
  processEnv: NodeJS.ProcessEnv,
  configPath: string | undefined,
  log: (line: string) => void,
): Promise<LocalPorts> {
  const settings = await readLocalSettings(processEnv, configPath)
  const { path } = settings.storage
  if (path !== undefined) requireDatabase(databaseIn(path))
  const location = path === undefined ? 'this folder, which has no storage' : resolve(path)
  return { ...(await openPorts(settings, log)), location }
}

/** Reads the settings that a server in this folder would use. Rejects with ConfigError. */
export async function readLocalSettings(
  processEnv: NodeJS.ProcessEnv,
  configPath: string | undefined,
): Promise<Settings> {
  const { env, config } = await loadEnvironment(processEnv, configPath)
  return parseSettings({ env, config, platform: 'node' })
}

/** Throws CommandError if there is no database. In a wrong folder, a new one would look like a server without keys. */
export function requireDatabase(path: string): void {
  if (!existsSync(path))
    throw new CommandError(
      `There is no database at ${path}. Run this command in the folder of the server, or set its storage with STORAGE_PATH, its configuration with --config, or a remote server with --url. To create a new database, run weir serve.`,
    )
}

interface Owner {
  readonly ports: AdminPorts
  readonly secret: string
}

/** Authenticates with ADMIN_TOKEN if it is set; otherwise with a secret in the memory of this process only. */
function becomeOwner(ports: AdminPorts): Owner {
  const { settings, secrets, admin } = ports
  const secret = settings.access.adminToken ?? createAdminSecret(secrets)
  const hash = toHex(secrets.digest(secret))
  const store: AdminSecretStore = { find: async () => hash, keepFirst: async () => false, replace: async () => {} }
  return { secret, ports: { ...ports, admin: { ...admin, actor: 'cli', secret: store } } }
}

function toIncomingRequest(query: AdminQuery, secret: string, defer: IncomingRequest['defer']): IncomingRequest {
  const body = query.body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(query.body))
  const headers: Readonly<Record<string, string>> = {
    host: 'localhost',
    authorization: `Bearer ${secret}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  return {
    method: query.method,
    scheme: 'http',
    target: toAdminTarget(query),
    header: (name) => headers[name],
    headers: () => headers,
    bodyLength: body?.length ?? 0,
    body: (): ByteStream => toByteStream(body ?? new Uint8Array()),
    releaseWhenSent: (share) => share.release(),
    defer,
    gone: new AbortController().signal,
    isHttp10: false,
    isLoopback: true,
    address: undefined,
    arrivedAt: performance.now(),
  }
}
