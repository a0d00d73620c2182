import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { isLoopbackHost } from '../../../core/loopback.ts'
import { type AdminClient, type AdminQuery, type AdminReply, toAdminTarget } from './client.ts'
import { CommandError, usageError } from './command-error.ts'
import { printMessage } from './print.ts'

/** Opens the admin API of the server at `url` with ADMIN_TOKEN from the environment. Throws CommandError. */
export function openRemoteClient(url: string, env: NodeJS.ProcessEnv): AdminClient {
  const base = readBaseUrl(url)
  const location = base.href.replace(/\/$/, '')
  const token = env.ADMIN_TOKEN?.trim() || undefined
  if (token === undefined)
    throw usageError(
      `Set ADMIN_TOKEN in the environment to the admin secret of ${location}. Files are not read for it.`,
    )
  const credentials = { authorization: `Bearer ${checkCredential('ADMIN_TOKEN', token)}`, ...readAccessToken(env) }
  if (base.protocol === 'http:' && !isLoopbackHost(base.hostname))
    printMessage(`Warning: ADMIN_TOKEN and all data are sent unencrypted to ${location}. Use https.`)
  return {
    location,
    send: (query) => send(query, location, credentials),
    close: async () => {},
  }
}

/** Parses the base URL. Accepts `/v1` (the URL for OpenAI clients) and `/admin/v1` at its end. */
function readBaseUrl(value: string): URL {
  const url = /^https?:\/\//i.test(value) ? URL.parse(value.replace(/\/*((\/admin)?\/v1)?\/*$/, '/')) : null
  const isPlain = url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (isPlain) return url
  throw usageError(
    '--url (or WEIR_URL) must be the base URL of the server without credentials, query and fragment, such as https://ai.example.com.',
  )
}

/** Throws CommandError for a value that a header cannot contain; the error of `fetch` would quote the value. */
function checkCredential(name: string, value: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value
  throw usageError(`${name} has a character that an HTTP header cannot contain. Copy it again.`)
}

/**
 * Reads the service token with which a program passes Cloudflare Access, from the same variables as Cloudflare's
 * wrangler: https://developers.cloudflare.com/cloudflare-one/access-controls/service-credentials/service-tokens/.
 */
function readAccessToken(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const id = env.CLOUDFLARE_ACCESS_CLIENT_ID?.trim() || undefined
  const secret = env.CLOUDFLARE_ACCESS_CLIENT_SECRET?.trim() || undefined
  if (id === undefined && secret === undefined) return {}
  if (id === undefined || secret === undefined)
    throw usageError('Set both CLOUDFLARE_ACCESS_CLIENT_ID and CLOUDFLARE_ACCESS_CLIENT_SECRET, or neither.')
  return {
    'cf-access-client-id': checkCredential('CLOUDFLARE_ACCESS_CLIENT_ID', id),
    'cf-access-client-secret': checkCredential('CLOUDFLARE_ACCESS_CLIENT_SECRET', secret),
  }
}

async function send(
  query: AdminQuery,
  location: string,
  credentials: Readonly<Record<string, string>>,
): Promise<AdminReply> {
  const { method, body } = query
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`${location}${toAdminTarget(query)}`, {
    method,
    // A redirect must not send the secrets to another server.
    redirect: 'manual',
    headers: { ...credentials, ...type },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new CommandError(`${location} cannot be reached (${reasonOf(cause)}).`, { cause })
  })
  if (response.status >= 300 && response.status < 400)
    throw new CommandError(`${location} redirects to another URL (${response.status}). Use that URL instead.`)
  return { status: response.status, body: toReadable(response) }
}

function toReadable({ body }: Response): Readable {
  return body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream)
}

/** Returns the root cause: the error of `fetch` itself is only "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  if (error.cause !== undefined) return reasonOf(error.cause)
  return 'code' in error ? String(error.code) : error.message
}
