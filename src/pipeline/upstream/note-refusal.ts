import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Attempt } from '../call/attempt.ts'
import type { CallRequest } from '../call/call.ts'
import { SecretFilter } from '../stream/hide-secrets.ts'
import { readReportedError } from './inspect-response.ts'
import { isRegionBlock } from './region-block.ts'

/** The refused request, and the secrets that its refusal may repeat. */
export interface Refused {
  /** Undefined for a body relayed unread. */
  readonly body: CallRequest['body'] | undefined
  /** Secrets of the caller that the request contains; empty if a stored key pays. */
  readonly callerSecrets: readonly string[]
  readonly secrets: SecretFilter
  /** The ports' own. */
  readonly regionAdvice: string
}

/**
 * In characters: how much of a message is searched for keys, how much is logged, how many in a row make a quotation of
 * the request, and the longest request that is compared.
 */
const logged = { searched: 4_096, length: 300, quotation: 12, requestLength: 32 * 1_024 }
/** A character of another script weighs as much as three Latin ones. */
const latinEnd = 0x250
/** A part of a key, as providers show it: `sk-…`, `abc***xyz`. */
const keyHint = /\S*(?:\*{2,}|…|\.{3}(?=\w))\S*|\bsk-\S+/g
/** A web page has its text among its markup. */
const pageBytes = 4_096

/**
 * Records code and message of a provider's refusal for the log, if the operator must act rather than the caller: the
 * key, the account, a limit, a failure (case A17), the country. The record contains no key or part of one (S21), and
 * nothing of the request (S75): it is the code alone if the message repeats the request, or if that cannot be checked.
 * `status` is undefined for an error within a stream.
 */
export function noteRefusal(
  attempt: Attempt,
  status: number | undefined,
  refusal: Uint8Array | JsonObject,
  { body, callerSecrets, secrets, regionAdvice }: Refused,
): void {
  const isRegional = isRegionBlock(refusal)
  const isAccounts = status === 401 || status === 402 || status === 403 || status === 429
  // The account of a caller's own key is not the operator's; the country is the operator's for any key.
  if (status !== undefined && status < 500 && !isRegional && (!isAccounts || callerSecrets.length > 0)) return
  const own = new SecretFilter(callerSecrets)
  const hide = (text: string) => own.hideText(secrets.hideText(text))
  const { code, message } = refusal instanceof Uint8Array ? readRefusal(refusal) : readReported(refusal)
  const shown = hide(message.slice(0, logged.searched).replace(/\s+/g, ' ').trim())
  // Secrets are hidden before both cuts, so neither leaves a part of a key or of a hint.
  const excerpt = shown
    .slice(0, 2 * logged.length)
    .replace(keyHint, '[hidden]')
    .slice(0, logged.length)
  const isShown = body?.kind === 'json' && excerpt !== '' && body.longs === undefined && !repeats(excerpt, body.text)
  const parts = isShown ? [hide(code), excerpt] : [hide(code)]
  const reported = parts.filter((part) => part !== '').join(': ')
  attempt.upstreamMessage = (isRegional ? `${reported.replace(/\.?$/, '.')} ${regionAdvice}` : reported) || undefined
}

interface Refusal {
  readonly code: string
  readonly message: string
}

function readRefusal(body: Uint8Array): Refusal {
  const reported = readReportedError(body)
  if (reported !== undefined) return readReported(reported)
  const text = new TextDecoder().decode(body.subarray(0, pageBytes))
  const title = /<title>([^<]*)/i.exec(text)?.[1]
  return { code: '', message: title ?? (/^\s*</.test(text) ? '' : text) }
}

/** Reads an error in any of the providers' forms (case A5), or in that of Responses. */
function readReported(value: JsonObject): Refusal {
  const { error = isJsonObject(value.response) ? value.response.error : undefined } = value
  const { code, type, message, detail } = isJsonObject(error) ? error : { message: error, ...value }
  const name = [code, type].find((each) => typeof each === 'string' && /^\w{1,40}$/.test(each))
  const sentence = [message, detail].find((each) => typeof each === 'string')
  return { code: typeof name === 'string' ? name : '', message: typeof sentence === 'string' ? sentence : '' }
}

/** True if the request contains a stretch of the excerpt, ignoring case, or is too long to check. */
function repeats(excerpt: string, request: string): boolean {
  if (request.length > logged.requestLength) return true
  const plain = toPlain(request)
  const reported = excerpt.toLowerCase()
  for (let start = 0; start < reported.length; start++) {
    let end = start
    for (let weight = 0; weight < logged.quotation; end++) {
      if (end === reported.length) return false
      weight += reported.charCodeAt(end) < latinEnd ? 1 : 3
    }
    if (plain.includes(reported.slice(start, end))) return true
  }
  return false
}

/** Removes the escapes and capitals of JSON text, and turns any white space into a space. */
function toPlain(json: string): string {
  return json
    .replace(/\\(?:u([\da-f]{4})|(.))/gi, (_escape, hex: string | undefined, letter: string) =>
      hex === undefined ? (/["\\/]/.test(letter) ? letter : ' ') : String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/\s+/g, ' ')
    .toLowerCase()
}
