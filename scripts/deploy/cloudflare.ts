import { z } from 'zod'
import { DeployError } from './deploy-error.ts'
import { runWrangler } from './wrangler.ts'

// The calls of Cloudflare's API that a deployment makes before wrangler changes anything. The API returns error codes;
// wrangler's output guarantees none. https://developers.cloudflare.com/api/

/** A client of the API, authenticated with wrangler's login. */
export interface Cloudflare {
  /**
   * Returns the `result` of a call. Rejects with ApiError if Cloudflare refuses it, with DeployError on a network
   * failure.
   */
  call<Result>(
    action: string,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    schema: z.ZodType<Result>,
    body?: object,
  ): Promise<Result>
}

/** Thrown when Cloudflare refuses a call. */
export class ApiError extends DeployError {
  readonly status: number
  /** Cloudflare's error code; 0 if the response has none. */
  readonly code: number

  constructor(message: string, status: number, code: number) {
    super(message)
    this.status = status
    this.code = code
  }
}

/**
 * Longer than any of these calls takes. Without a timeout, a network that drops packets blocks a deployment for ever.
 */
const timeoutMs = 60_000

const again = 'run `npm run deploy` again'

/**
 * The login is invalid, expired or lacks a permission. https://developers.cloudflare.com/fundamentals/api/reference/
 */
const accessCodes = new Set([1000, 1001, 6003, 6111, 9106, 9109, 10_000, 10_001])

/** Plan limits: databases (7406), Workers (10037), size (10027), Durable Objects (10097), cron triggers (10072). */
const planCodes = new Set([7406, 10_027, 10_037, 10_072, 10_097])

const credentialsSchema = z.union([
  z.object({ type: z.enum(['oauth', 'api_token']), token: z.string() }),
  z.object({ type: z.literal('api_key'), key: z.string(), email: z.string() }),
])

const responseSchema = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).nullish(),
  result: z.unknown(),
})

/** Returns wrangler's login as request headers; undefined if the user is not logged in. */
export async function readLogin(): Promise<Readonly<Record<string, string>> | undefined> {
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_API_KEY: key } = process.env
  // Wrangler returns the same token, but takes a second. It prefers a key.
  if (token && !key) return { authorization: `Bearer ${token}` }
  const outcome = await runWrangler(['auth', 'token', '--json'])
  if (outcome.kind === 'failed') return undefined
  const credentials = credentialsSchema.parse(JSON.parse(outcome.output.slice(outcome.output.indexOf('{'))))
  if (credentials.type === 'api_key') return { 'x-auth-key': credentials.key, 'x-auth-email': credentials.email }
  return { authorization: `Bearer ${credentials.token}` }
}

export function createCloudflare(login: Readonly<Record<string, string>>): Cloudflare {
  // Wrangler reads the same variable.
  const baseUrl = process.env.CLOUDFLARE_API_BASE_URL ?? 'https://api.cloudflare.com/client/v4'
  return {
    async call(action, method, path, schema, body) {
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const headers = { ...login, 'content-type': 'application/json' }
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers,
        ...json,
        signal: AbortSignal.timeout(timeoutMs),
      }).catch((error: unknown) => {
        throw new DeployError(
          `Cloudflare’s API at ${new URL(baseUrl).host} cannot be reached (${toCause(error)}): check the connection, or set HTTPS_PROXY to your proxy, and ${again}.`,
        )
      })
      const envelope = responseSchema.safeParse(await response.json().catch(() => undefined))
      if (!envelope.success || !envelope.data.success)
        throw toApiError(action, response.status, envelope.data?.errors?.[0])
      const result = schema.safeParse(envelope.data.result)
      if (result.success) return result.data
      throw new DeployError(
        `Cloudflare returned an undocumented response to the request to ${action} (${path}): update Weir, or report this message.`,
      )
    },
  }
}

function toCause(error: unknown): string {
  const { cause } = Object(error) as { readonly cause?: { readonly code?: string; readonly message?: string } }
  return cause?.code ?? cause?.message ?? String(error)
}

function toApiError(
  action: string,
  status: number,
  { code, message }: { readonly code: number; readonly message: string } = { code: 0, message: `status ${status}` },
): ApiError {
  const refused = `Cloudflare refused to ${action} (${message.replace(/\.$/, '')}${code === 0 ? '' : `, code ${code}`})`
  return new ApiError(`${refused}: ${toAdvice(code)}.`, status, code)
}

function toAdvice(code: number): string {
  if (accessCodes.has(code))
    return `log in with \`npx wrangler login\`, or give the token in CLOUDFLARE_API_TOKEN permission to edit Workers Scripts and D1 (and Workers R2 Storage for images), and ${again}`
  if (planCodes.has(code))
    return `the account has reached a limit of its plan; delete what you no longer need, or upgrade the plan, and ${again}`
  return `nothing was published; ${again} later, and check https://www.cloudflarestatus.com if the error persists`
}

/** Returns the next step after a failure of wrangler, whose message contains Cloudflare’s code. */
export function adviseOn(problem: string): string {
  const code = Number(/\[code: (\d+)\]/.exec(problem)?.[1])
  if (accessCodes.has(code) || planCodes.has(code)) return toAdvice(code)
  return `fix this and ${again}`
}

/** Resolves with the result, or with undefined if Cloudflare refuses the call with one of `codes` ("not found"). */
export async function orUndefined<Result>(
  codes: readonly number[],
  result: Promise<Result>,
): Promise<Result | undefined> {
  return await result.catch((error: unknown) => {
    if (error instanceof ApiError && codes.includes(error.code)) return undefined
    throw error
  })
}
