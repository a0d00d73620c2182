import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { isLoopbackHost } from '../../../core/loopback.ts'
import { type AdminClient, type AdminQuery, type AdminReply, toAdminTarget } from './client.ts'
import { CommandError, usageError } from './command-error.ts'
import { say } from './print.ts'

/** The admin API of a server at `url`, opened with the environment's ADMIN_TOKEN. Throws CommandError. */
export function openRemoteClient(url: string, env: NodeJS.ProcessEnv): AdminClient {
  const base = readBaseUrl(url)
  const place = base.href.replace(/\/$/, '')
  const token = env.ADMIN_TOKEN?.trim() || undefined
  if (token === undefined)
    throw usageError(`Set ADMIN_TOKEN in the environment to the admin secret of ${place}. Files are not read for it.`)
  const credentials = { authorization: `Bearer ${checkCredential('ADMIN_TOKEN', token)}`, ...readAccessToken(env) }
  if (base.protocol === 'http:' && !isLoopbackHost(base.hostname))
    say(`Warning: ADMIN_TOKEN and what it opens travel unencrypted to ${place}. Use https.`)
  return {
    place,
    send: (question) => send(question, place, credentials),
    close: async () => {},
  }
}

/** People copy what they have: with `/v1`, as clients want it, or with `/admin/v1`. */
function readBaseUrl(text: string): URL {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text.replace(/\/*((\/admin)?\/v1)?\/*$/, '/')) : null
  const isPlain = url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (isPlain) return url
  throw usageError(
    '--url (or WEIR_URL) must be where the server is reached and nothing more, such as https://ai.example.com.',
  )
}

/** Checked here, since `fetch` would quote it in its complaint. */
function checkCredential(name: string, value: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value
  throw usageError(`${name} has a character in it that a header cannot have. Copy it again.`)
}

/**
 * The service token by which a program passes Cloudflare Access before the server, in the variables of Cloudflare's own wrangler:
 * https://developers.cloudflare.com/cloudflare-one/access-controls/service-credentials/service-tokens/.
 */
function readAccessToken(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const id = env.CLOUDFLARE_ACCESS_CLIENT_ID?.trim() || undefined
  const secret = env.CLOUDFLARE_ACCESS_CLIENT_SECRET?.trim() || undefined
  if (id === undefined && secret === undefined) return {}
  if (id === undefined || secret === undefined)
    throw usageError('CLOUDFLARE_ACCESS_CLIENT_ID and CLOUDFLARE_ACCESS_CLIENT_SECRET are set together, or neither.')
  return {
    'cf-access-client-id': checkCredential('CLOUDFLARE_ACCESS_CLIENT_ID', id),
    'cf-access-client-secret': checkCredential('CLOUDFLARE_ACCESS_CLIENT_SECRET', secret),
  }
}

async function send(
  question: AdminQuery,
  place: string,
  credentials: Readonly<Record<string, string>>,
): Promise<AdminReply> {
  const { method, body } = question
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const answer = await fetch(`${place}${toAdminTarget(question)}`, {
    method,
    // The secrets are for this server and for no other.
    redirect: 'manual',
    headers: { ...credentials, ...type },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new CommandError(`${place} cannot be reached (${reasonOf(cause)}).`, { cause })
  })
  if (answer.status >= 300 && answer.status < 400)
    throw new CommandError(`${place} redirects elsewhere (${answer.status}). Give the address where it really is.`)
  return { status: answer.status, body: toReadable(answer) }
}

function toReadable({ body }: Response): Readable {
  return body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream)
}

/** `fetch` says "fetch failed"; what happened is below. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  if (error.cause !== undefined) return reasonOf(error.cause)
  return 'code' in error ? String(error.code) : error.message
}
