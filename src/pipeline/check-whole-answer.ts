import type { Settings } from '../config/settings.ts'
import type { Answer } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { editJsonAt } from '../openai/edit-json.ts'
import { estimateText } from '../openai/estimate-tokens.ts'
import { readUsage } from '../openai/read-usage.ts'
import type { CallTrace } from './call-trace.ts'
import { hideKeys } from './hide-keys.ts'

interface WholeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The content type, or empty. */
  readonly type: string
  readonly body: Uint8Array
}

const decoder = new TextDecoder()

/**
 * Reads usage and finish reason from a whole answer, and makes a lie of the upstream an error (R10):
 * 200 with nothing, with HTML, or with an error object becomes 502. Other bytes pass as they came, but that `toCost` puts what the usage costs
 * beside it.
 */
export function checkWholeAnswer(
  answer: WholeAnswer,
  trace: CallTrace,
  settings: Settings,
  toCost?: (usage: Usage) => number | null,
): Answer {
  const { status, headers, type, body } = answer
  if (status >= 400)
    return { status, headers: withType(headers, type), body: toErrorAnswer(hideKeys(body, settings), status, type) }
  if (status === 204) return { status, headers, body: '' }
  if (body.length === 0) throw invalid('an empty body')
  if (type.startsWith('text/html')) throw invalid('a web page')
  if (!type.startsWith('application/json')) return { status, headers, body }
  const text = decoder.decode(body)
  const value = parse(text)
  if (!isJsonObject(value)) return { status, headers, body }
  if (isJsonObject(value.error) && value.choices === undefined && value.output === undefined) {
    trace.add({ status: 502 })
    return { status: 502, headers, body: hideKeys(body, settings) }
  }
  const usage = readUsage(value.usage)
  const finishReason = readFinishReason(value)
  if (usage === undefined) {
    trace.add({ usage, finishReason, producedTokens: estimateOutput(value) })
    return { status, headers, body }
  }
  trace.add({ usage, finishReason })
  if (toCost === undefined) return { status, headers, body }
  return { status, headers, body: editJsonAt(text, ['usage'], { cost: toCost(usage) }) }
}

/** An upstream's error passes byte for byte if it is JSON; a proxy's HTML page or an empty body becomes OpenAI's shape, so that SDKs show a message. */
function toErrorAnswer(body: Uint8Array, status: number, type: string): Uint8Array | string {
  if (isJson(type) && body.length > 0) return body
  const text = type.startsWith('text/plain') ? `: ${decoder.decode(body).slice(0, 500)}` : '.'
  return JSON.stringify({
    error: { message: `The provider answered ${status}${text}`, type: 'upstream_error', param: null, code: null },
  })
}

function withType(headers: Readonly<Record<string, string>>, type: string): Readonly<Record<string, string>> {
  return isJson(type) ? headers : { ...headers, 'content-type': 'application/json; charset=utf-8' }
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

/** Where the provider does not count. Vectors and pictures are no tokens. */
function estimateOutput({ choices, output }: JsonObject): number {
  const text = choices ?? output
  return text === undefined ? 0 : estimateText(JSON.stringify(text))
}

function readFinishReason(value: JsonObject): string | undefined {
  const choices = value.choices
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined
  const reason = isJsonObject(first) ? first.finish_reason : value.status
  return typeof reason === 'string' ? reason.slice(0, 40) : undefined
}
