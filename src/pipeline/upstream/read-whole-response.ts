import type { Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { editJsonAt } from '../../openai/edit-json.ts'
import { estimateText } from '../../openai/estimate-tokens.ts'
import type { Attempt } from '../call/attempt.ts'
import { hideKeys } from './upstream-response.ts'

/** An answer as it goes on. */
export interface WholeAnswer {
  readonly status: number
  /** In place of the response's own. */
  readonly contentType?: string | undefined
  readonly body: string | Uint8Array
}

const decoder = new TextDecoder()

/**
 * Reads usage and finish reason from a whole response into its attempt. Turns a 200 with an empty body, HTML or an error object into 502 (R10).
 * Other bodies pass unchanged, except that `toCost` adds `cost` to the usage.
 * `type` is the content type in lower case, or empty. Throws GatewayError `upstream_invalid_answer`.
 */
export function readWholeResponse(
  status: number,
  type: string,
  body: Uint8Array,
  dialect: Dialect,
  attempt: Attempt,
  settings: Settings,
  toCost?: (usage: Usage) => number | null,
): WholeAnswer {
  if (status >= 400) return readErrorResponse(status, type, body, dialect, settings)
  if (status === 204) return { status, body: '' }
  if (body.length === 0) throw invalid('an empty body')
  if (type.startsWith('text/html')) throw invalid('a web page')
  if (!type.startsWith('application/json')) return { status, body }
  const text = decoder.decode(body)
  const value = parse(text)
  if (!isJsonObject(value)) return { status, body }
  const facts = dialect.readAnswer(value)
  if (facts.isError) return { status: 502, body: hideKeys(body, settings) }
  attempt.usage = facts.usage
  attempt.finishReason = facts.finishReason
  if (facts.usage === undefined) {
    attempt.producedTokens = facts.outputText === '' ? 0 : estimateText(facts.outputText)
    return { status, body }
  }
  if (toCost === undefined) return { status, body }
  return { status, body: editJsonAt(text, dialect.events.usagePath(value), { cost: toCost(facts.usage) }) }
}

/** An upstream's error passes byte for byte if it is JSON; a proxy's HTML page or an empty body gets the dialect's shape, so that SDKs show a message. */
export function readErrorResponse(
  status: number,
  type: string,
  body: Uint8Array,
  { toErrorBody }: Dialect,
  settings: Settings,
): WholeAnswer {
  const shown = hideKeys(body, settings)
  const isJson = /^application\/([a-z.]+\+)?json/.test(type)
  const contentType = isJson ? undefined : 'application/json; charset=utf-8'
  if (isJson && shown.length > 0) return { status, contentType, body: shown }
  const text = type.startsWith('text/plain') ? `: ${decoder.decode(shown).slice(0, 500)}` : '.'
  const error = { status, message: `The provider answered ${status}${text}`, type: 'upstream_error', code: null }
  return { status, contentType, body: JSON.stringify(toErrorBody(error)) }
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
