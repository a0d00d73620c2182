import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts'
import { editJsonAt } from '../../openai/edit-json.ts'
import { readReportedError } from './inspect-response.ts'
import type { WholeResponse } from './read-whole-response.ts'

/**
 * True if a provider refuses the country that the call is sent from, by the reasons that providers give:
 * - OpenAI by its code, with 403: https://github.com/home-assistant/core/issues/120072
 * - Anthropic by its type and message, with 403: https://github.com/anthropics/anthropic-sdk-typescript/issues/457
 * - Google by its status and message, with 400: https://github.com/google-gemini/deprecated-generative-ai-js/issues/151
 * - Cloudflare before a provider, by error 1009 on a page or in one line of text, with 403:
 *   https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/error-1009/
 */
export function isRegionBlock(refusal: Uint8Array | JsonObject): boolean {
  if (!(refusal instanceof Uint8Array)) return isBlock(refusal)
  if (refusal.length > maxBlockLength) return false
  const reported = readReportedError(refusal)
  if (reported !== undefined) return isBlock(reported)
  const text = decoder.decode(refusal)
  return /^error code: 1009\b/.test(text) || (/^\s*</.test(text) && countryPage.test(text))
}

/** Appends the advice to the provider's message if `refusal` refuses the country; otherwise changes nothing. */
export function adviseOnRegion(
  response: WholeResponse,
  refusal: Uint8Array | JsonObject,
  advice: string,
): WholeResponse {
  if (!isRegionBlock(refusal)) return response
  const { body } = response
  const text = typeof body === 'string' ? body : decoder.decode(body)
  const list = toObjects(text)
  // Google's endpoint for clients of OpenAI sends a list: https://github.com/FoundationAgents/OpenManus/issues/803
  const advised =
    list === undefined ? addAdvice(text, advice) : `[${list.map((each) => addAdvice(each, advice)).join(',')}]`
  return { ...response, body: advised, isRegional: true }
}

const decoder = new TextDecoder()

/** Refusals of a country are short; Cloudflare's page has 8 KB. */
const maxBlockLength = 32 * 1_024
const countryPage = /has banned the country or region your IP address is in/

/** Paths at which a provider's error may be. */
const paths = [['error'], ['response', 'error'], []] as const

function isBlock(reported: JsonObject): boolean {
  return paths.some((path) => {
    const { code, type, status, message } = objectAt(reported, path) ?? {}
    if (code === 'unsupported_country_region_territory') return true
    if (typeof message !== 'string') return false
    if (type === 'forbidden') return /^request not allowed\.?$/i.test(message)
    return status === 'FAILED_PRECONDITION' && /^user location is not supported\b/i.test(message)
  })
}

function objectAt(value: JsonObject, path: readonly string[]): JsonObject | undefined {
  return path.reduce<JsonObject | undefined>((found, name) => {
    const inner = found?.[name]
    return isJsonObject(inner) ? inner : undefined
  }, value)
}

/** Returns the objects of a JSON list, each as JSON; undefined for anything else. */
function toObjects(text: string): readonly string[] | undefined {
  if (!/^\s*\[/.test(text)) return undefined
  const values: unknown = JSON.parse(text)
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)) : undefined
}

function addAdvice(text: string, advice: string): string {
  const reported = parseJsonObject(text)
  if (reported === undefined) return text
  for (const path of paths) {
    const message = objectAt(reported, path)?.message
    if (typeof message === 'string')
      return editJsonAt(text, path, { message: `${message.replace(/\.?$/, '.')} ${advice}` })
  }
  return text
}
