import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { editJsonAt } from '../openai/edit-json.ts'
import { estimateText } from '../openai/estimate-tokens.ts'
import { readUsage } from '../openai/read-usage.ts'
import type { Attempt } from './attempt.ts'
import { hideKeys } from './upstream-response.ts'

/** An answer as it goes on. */
interface WholeAnswer {
  readonly status: number
  /** In place of the response's own. */
  readonly contentType?: string
  readonly body: string | Uint8Array
}

const decoder = new TextDecoder()

/**
 * Reads usage and finish reason from a whole response into its attempt, and makes a 200 that is no answer an error (R10): nothing, HTML, or
 * an error object becomes 502. Other bytes pass as they came, but that the cost of its usage stands beside it where `toCost` is given.
 * `type` is the content type in lower case, or empty. Throws GatewayError `upstream_invalid_answer`.
 */
export function readWholeResponse(
  status: number,
  type: string,
  body: Uint8Array,
  attempt: Attempt,
  settings: Settings,
  toCost?: (usage: Usage) => number | null,
): WholeAnswer {
  if (status >= 400) {
    const shown = toErrorBody(hideKeys(body, settings), status, type)
    return isJson(type)
      ? { status, body: shown }
      : { status, contentType: 'application/json; charset=utf-8', body: shown }
  }
  if (status === 204) return { status, body: '' }
  if (body.length === 0) throw invalid('an empty body')
  if (type.startsWith('text/html')) throw invalid('a web page')
  if (!type.startsWith('application/json')) return { status, body }
  const text = decoder.decode(body)
  const value = parse(text)
  if (!isJsonObject(value)) return { status, body }
  if (isJsonObject(value.error) && value.choices === undefined && value.output === undefined)
    return { status: 502, body: hideKeys(body, settings) }
  attempt.usage = readUsage(value.usage)
  attempt.finishReason = readFinishReason(value)
  if (attempt.usage === undefined) {
    // Without a count of the provider's. Vectors and pictures are no tokens.
    const produced = value.choices ?? value.output
    attempt.producedTokens = produced === undefined ? 0 : estimateText(JSON.stringify(produced))
    return { status, body }
  }
  if (toCost === undefined) return { status, body }
  return { status, body: editJsonAt(text, ['usage'], { cost: toCost(attempt.usage) }) }
}

/** An upstream's error passes byte for byte if it is JSON; a proxy's HTML page or an empty body becomes OpenAI's shape, so that SDKs show a message. */
function toErrorBody(body: Uint8Array, status: number, type: string): Uint8Array | string {
  if (isJson(type) && body.length > 0) return body
  const text = type.startsWith('text/plain') ? `: ${decoder.decode(body).slice(0, 500)}` : '.'
  return JSON.stringify({
    error: { message: `The provider answered ${status}${text}`, type: 'upstream_error', param: null, code: null },
  })
}

function isJson(type: string): boolean {
  return /^application\/([a-z.]+\+)?json/.test(type)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GatewayError('upstream_invalid_answer', 'The provider answered 200 with a body that is not valid JSON.', {
      cause,
    })
  }
}

function invalid(what: string): GatewayError {
  return new GatewayError('upstream_invalid_answer', `The provider answered 200 with ${what}.`)
}

function readFinishReason(value: JsonObject): string | undefined {
  const choices = value.choices
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined
  const reason = isJsonObject(first) ? first.finish_reason : value.status
  return typeof reason === 'string' ? reason.slice(0, 40) : undefined
}
