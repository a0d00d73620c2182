import { defaults } from '../../config/defaults.ts'
import type { ChallengeSettings, VisitorSettings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Credentials } from '../../pipeline/call/call.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { requestJson } from '../../providers/request-json.ts'

/** Errors of siteverify that no visitor can cause. */
const secretProblems: ReadonlySet<unknown> = new Set(['missing-input-secret', 'invalid-input-secret'])
const maxAnswerBytes = 64 * 1_024
const maxResponseLength = 2_048

/**
 * Checks the answer of a visitor with the service of the challenge. Each answer is valid once: the service remembers
 * it. Rejects with GatewayError `challenge_required`, `challenge_failed` or `challenge_unavailable`.
 * Source: https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
 */
export async function checkChallenge(
  response: string | undefined,
  { address }: Credentials,
  challenge: ChallengeSettings,
  { grants }: VisitorSettings,
  ports: Pick<Ports, 'transport' | 'clock'>,
): Promise<void> {
  if (response === undefined || response === '') throw challengeRequired(challenge)
  if (response.length > maxResponseLength) throw challengeFailed()
  const { success, hostname } = await verify(response, address, challenge, ports)
  if (success !== true) throw challengeFailed()
  // The service may be set up for more sites than this server.
  const hosts = grants.origins?.map((origin) => new URL(origin).hostname) ?? []
  if (typeof hostname === 'string' && hostname !== '' && !hosts.includes(hostname)) throw challengeFailed()
}

function challengeRequired({ siteKey }: ChallengeSettings): GatewayError {
  return new GatewayError(
    'challenge_required',
    'Solve the challenge first: render its widget with `site_key`, and send its answer as `challenge`.',
    { details: { site_key: siteKey } },
  )
}

function challengeFailed(): GatewayError {
  return new GatewayError(
    'challenge_failed',
    'The answer to the challenge is not valid. Let the visitor solve it again.',
  )
}

async function verify(
  response: string,
  address: string | undefined,
  { verifyUrl, secret }: ChallengeSettings,
  ports: Pick<Ports, 'transport' | 'clock'>,
): Promise<JsonObject> {
  const form = new URLSearchParams({ secret, response, ...(address !== undefined && { remoteip: address }) })
  const bounds = { maxBytes: maxAnswerBytes, timeoutMs: defaults.visitors.verifyTimeoutMs }
  try {
    const { status, body } = await requestJson({ url: new URL(verifyUrl), form, ...bounds }, ports)
    // siteverify returns 400 for some wrong answers, with `success: false`.
    if (!isJsonObject(body) || status >= 500) throw new Error(`The service returned ${status} without a result.`)
    const { 'error-codes': codes } = body
    const refusal = Array.isArray(codes) ? codes.find((code) => secretProblems.has(code)) : undefined
    if (refusal !== undefined) throw new Error(`The service refused the secret of this server: ${refusal}.`)
    return body
  } catch (cause) {
    throw new GatewayError('challenge_unavailable', 'The challenge cannot be checked now. Send the request again.', {
      cause,
    })
  }
}
