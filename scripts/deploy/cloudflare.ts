import { z } from 'zod'
import { DeployError } from './deploy-error.ts'
import { runWrangler } from './wrangler.ts'

// Cloudflare's API, for what a deployment has to know before wrangler changes anything. Its answers have codes, which tell one refusal from
// another; wrangler's output does not promise any. https://developers.cloudflare.com/api/

/** Calls of the API with the login that wrangler has. */
export interface Cloudflare {
  /** The `result` of a call. Rejects with ApiError where Cloudflare refuses it, with DeployError where it does not come through. */
  call<Result>(
    action: string,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    schema: z.ZodType<Result>,
    body?: object,
  ): Promise<Result>
}

/** A call that Cloudflare refused. */
export class ApiError extends DeployError {
  readonly status: number
  /** Of Cloudflare's own list; 0 where the answer has none. */
  readonly code: number

  constructor(message: string, status: number, code: number) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Longer than Cloudflare takes for any of these calls; a network that swallows packets would hold up a deployment for ever. */
const patienceMs = 60_000

const again = 'run `npm run deploy` again'

/** https://developers.cloudflare.com/fundamentals/api/reference/ : a login that is wrong, over, or may not do this. */
const accessCodes = new Set([1000, 1001, 6003, 6111, 9106, 9109, 10_000, 10_001])

/** Limits of a plan: databases (7406), Workers (10037), size (10027), Durable Objects (10097), cron triggers (10072). */
const planCodes = new Set([7406, 10_027, 10_037, 10_072, 10_097])

const credentialsSchema = z.union([
  z.object({ type: z.enum(['oauth', 'api_token']), token: z.string() }),
  z.object({ type: z.literal('api_key'), key: z.string(), email: z.string() }),
])

const answerSchema = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).nullish(),
  result: z.unknown(),
})

/** The login that wrangler has, as headers of a call; undefined without one. */
export async function readLogin(): Promise<Readonly<Record<string, string>> | undefined> {
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_API_KEY: key } = process.env
  // Wrangler would give back the same, a second later. It prefers a key.
  if (token && !key) return { authorization: `Bearer ${token}` }
  const outcome = await runWrangler(['auth', 'token', '--json'])
  if (outcome.kind === 'failed') return undefined
  const credentials = credentialsSchema.parse(JSON.parse(outcome.output.slice(outcome.output.indexOf('{'))))
  if (credentials.type === 'api_key') return { 'x-auth-key': credentials.key, 'x-auth-email': credentials.email }
  return { authorization: `Bearer ${credentials.token}` }
}

export function createCloudflare(login: Readonly<Record<string, string>>): Cloudflare {
  // As wrangler reads it.
  const baseUrl = process.env.CLOUDFLARE_API_BASE_URL ?? 'https://api.cloudflare.com/client/v4'
  return {
    async call(action, method, path, schema, body) {
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const headers = { ...login, 'content-type': 'application/json' }
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers,
        ...json,
        signal: AbortSignal.timeout(patienceMs),
      }).catch((error: unknown) => {
        throw new DeployError(
          `Cloudflare’s API at ${new URL(baseUrl).host} cannot be reached (${toCause(error)}): check the connection, or set HTTPS_PROXY to your proxy, and ${again}.`,
        )
      })
      const answer = answerSchema.safeParse(await response.json().catch(() => undefined))
      if (!answer.success || !answer.data.success) throw toApiError(action, response.status, answer.data?.errors?.[0])
      const result = schema.safeParse(answer.data.result)
      if (result.success) return result.data
      throw new DeployError(
        `Cloudflare’s answer when asked to ${action} is not the documented one (${path}): update Weir, or report it with this message.`,
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
    return `log in with \`npx wrangler login\`, or give the token in CLOUDFLARE_API_TOKEN leave to edit Workers Scripts and D1 (and Workers R2 Storage for pictures), and ${again}`
  if (planCodes.has(code))
    return `the plan of this account has no more of it; free some, or upgrade the plan, and ${again}`
  return `nothing was published; ${again} later, and look at https://www.cloudflarestatus.com if it stays`
}

/** What to do about a failure of wrangler, whose text holds Cloudflare’s code. */
export function adviseOn(problem: string): string {
  const code = Number(/\[code: (\d+)\]/.exec(problem)?.[1])
  if (accessCodes.has(code) || planCodes.has(code)) return toAdvice(code)
  return `${again} once that is mended`
}

/** The same, or undefined where Cloudflare says that there is no such thing. */
export async function orUndefined<Result>(
  codes: readonly number[],
  result: Promise<Result>,
): Promise<Result | undefined> {
  return await result.catch((error: unknown) => {
    if (error instanceof ApiError && codes.includes(error.code)) return undefined
    throw error
  })
}
