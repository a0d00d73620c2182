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
import { makeAdminSecret } from '../../../pipeline/access/admin-secret.ts'
import type { AdminSecretStore } from '../../../storage/admin-secret-store.ts'
import { loadEnvironment } from '../config/load-environment.ts'
import { type OpenPorts, openPorts } from '../open-ports.ts'
import { databaseIn } from '../storage/open-storage.ts'
import { toReadable } from '../upstream/to-readable.ts'
import { type AdminClient, type AdminQuery, toAdminTarget } from './client.ts'
import { CommandError } from './command-error.ts'
import { say } from './print.ts'

/**
 * The admin API over the storage in this machine's files, without a socket: whoever can open these is their owner. A server may run on them
 * meanwhile. Rejects with ConfigError, and with CommandError where there is no database.
 */
export async function openLocalClient(env: NodeJS.ProcessEnv, configPath: string | undefined): Promise<AdminClient> {
  const log: string[] = []
  const { ports, place, close } = await openLocalPorts(env, configPath, (line) => void log.push(line))
  const owner = becomeOwner(ports)
  const app = createApp(owner.ports)
  const leftToDo: Promise<unknown>[] = []
  return {
    place,
    async send(question) {
      log.length = 0
      const inbound = toIncomingRequest(question, owner.secret, (work) => void leftToDo.push(work))
      // Undefined for callers who have left only, and this one stays.
      const { status, body } = (await app.handle(inbound)) ?? { status: 500, body: '' }
      if (status >= 500) for (const line of log) say(line)
      return { status, body: isByteStream(body) ? toReadable(body) : Readable.from([body]) }
    },
    async close() {
      await Promise.allSettled(leftToDo)
      await close()
    },
  }
}

export interface LocalPorts extends OpenPorts {
  /** The folder. */
  readonly place: string
}

/** The outside world as a server in this folder would open it. Makes no database. Rejects as {@link openLocalClient} does. */
export async function openLocalPorts(
  processEnv: NodeJS.ProcessEnv,
  configPath: string | undefined,
  log: (line: string) => void,
): Promise<LocalPorts> {
  const settings = await readLocalSettings(processEnv, configPath)
  const { path } = settings.storage
  if (path !== undefined) requireDatabase(databaseIn(path))
  const place = path === undefined ? 'this folder, where nothing is kept' : resolve(path)
  return { ...(await openPorts(settings, log)), place }
}

/** The settings of a server in this folder. Rejects with ConfigError. */
export async function readLocalSettings(
  processEnv: NodeJS.ProcessEnv,
  configPath: string | undefined,
): Promise<Settings> {
  const { env, config } = await loadEnvironment(processEnv, configPath)
  return parseSettings({ env, config, platform: 'node' })
}

/** In a wrong folder a new database would look like a server without keys. Throws CommandError. */
export function requireDatabase(path: string): void {
  if (!existsSync(path))
    throw new CommandError(
      `There is no database ${path}. Run this in the folder of the server, or name its storage in STORAGE_PATH, its configuration with --config, or a server elsewhere with --url. weir serve makes a new one.`,
    )
}

interface Owner {
  readonly ports: AdminPorts
  readonly secret: string
}

/** ADMIN_TOKEN where the operator has one; otherwise a secret of this process, which nothing else listens for and no file ever holds. */
function becomeOwner(ports: AdminPorts): Owner {
  const { settings, secrets, admin } = ports
  const secret = settings.access.adminToken ?? makeAdminSecret(secrets)
  const hash = toHex(secrets.digest(secret))
  const store: AdminSecretStore = { find: async () => hash, keepFirst: async () => false, replace: async () => {} }
  return { secret, ports: { ...ports, admin: { ...admin, actor: 'cli', secret: store } } }
}

function toIncomingRequest(question: AdminQuery, secret: string, defer: IncomingRequest['defer']): IncomingRequest {
  const body = question.body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(question.body))
  const headers: Readonly<Record<string, string>> = {
    host: 'localhost',
    authorization: `Bearer ${secret}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  return {
    method: question.method,
    scheme: 'http',
    target: toAdminTarget(question),
    header: (name) => headers[name],
    headers: () => headers,
    bodyLength: body?.length ?? 0,
    body: (): ByteStream => toByteStream(body ?? new Uint8Array()),
    untilSent: (share) => share.giveBack(),
    defer,
    gone: new AbortController().signal,
    isHttp10: false,
    isLoopback: true,
    address: undefined,
    arrivedAt: performance.now(),
  }
}
