import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Attempt } from '../call/attempt.ts'
import type { Call, CallRequest } from '../call/call.ts'
import { SecretFilter } from '../stream/hide-secrets.ts'
import { readReportedError } from './inspect-response.ts'
import { isRegionBlock } from './region-block.ts'

/** The request that was refused, and the secrets that its refusal may repeat. */
export interface Refused {
  /** Undefined where it passed unread. */
  readonly body: CallRequest['body'] | undefined
  readonly credentials: Pick<Call['credentials'], 'ownKey'>
  readonly secrets: SecretFilter
  /** As of the ports. */
  readonly regionAdvice: string
}

/** So much of a message is searched for keys and logged, and so many characters of a request in a row make it a quotation. */
const logged = { searched: 4_096, length: 300, quotation: 12, requestLength: 32 * 1_024 }
/** One of another script says as much as three Latin ones. */
const latinEnd = 0x250
/** Part of a key, as a provider shows one: `sk-…`, `abc***xyz`. */
const keyHint = /\S*(?:\*{2,}|…|\.{3}(?=\w))\S*|\bsk-\S+/g
/** A page has its words among its markup. */
const pageBytes = 4_096

/**
 * Notes the code and the words of a provider's refusal for the log, where its operator has to act and not its caller: the key, the account, a limit, a
 * failure (case A17), the country. They hold no key and no part of one (S21), and nothing of the request (S75): the code stands alone where they repeat it, and where
 * that cannot be told. `status` is undefined for an error within a stream.
 */
export function noteRefusal(
  attempt: Attempt,
  status: number | undefined,
  refusal: Uint8Array | JsonObject,
  { body, credentials: { ownKey }, secrets, regionAdvice }: Refused,
): void {
  const isRegional = isRegionBlock(refusal)
  const isAccounts = status === 401 || status === 402 || status === 403 || status === 429
  // The account of a caller's own key is not the operator's; the country is, whoever's key goes there.
  if (status !== undefined && status < 500 && !isRegional && (!isAccounts || ownKey !== undefined)) return
  const own = new SecretFilter(ownKey === undefined ? [] : [ownKey])
  const hide = (text: string) => own.hideText(secrets.hideText(text))
  const { code, message } = refusal instanceof Uint8Array ? readRefusal(refusal) : readReported(refusal)
  const shown = hide(message.slice(0, logged.searched).replace(/\s+/g, ' ').trim())
  // No half of a key is left by the first cut, and no half of a hint by the second.
  const words = shown
    .slice(0, 2 * logged.length)
    .replace(keyHint, '[hidden]')
    .slice(0, logged.length)
  const isSayable = body?.kind === 'json' && words !== '' && body.longs === undefined && !repeats(words, body.text)
  const parts = isSayable ? [hide(code), words] : [hide(code)]
  const told = parts.filter((part) => part !== '').join(': ')
  attempt.upstreamMessage = (isRegional ? `${told.replace(/\.?$/, '.')} ${regionAdvice}` : told) || undefined
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

/** In any of the ways in which providers report an error (case A5), and in that of Responses. */
function readReported(value: JsonObject): Refusal {
  const { error = isJsonObject(value.response) ? value.response.error : undefined } = value
  const { code, type, message, detail } = isJsonObject(error) ? error : { message: error, ...value }
  const name = [code, type].find((each) => typeof each === 'string' && /^\w{1,40}$/.test(each))
  const words = [message, detail].find((each) => typeof each === 'string')
  return { code: typeof name === 'string' ? name : '', message: typeof words === 'string' ? words : '' }
}

/** True where a stretch of the words stands in a request, in capitals or not, and where the request is too long to tell. */
function repeats(words: string, request: string): boolean {
  if (request.length > logged.requestLength) return true
  const asked = toPlain(request)
  const told = words.toLowerCase()
  for (let start = 0; start < told.length; start++) {
    let end = start
    for (let weight = 0; weight < logged.quotation; end++) {
      if (end === told.length) return false
      weight += told.charCodeAt(end) < latinEnd ? 1 : 3
    }
    if (asked.includes(told.slice(start, end))) return true
  }
  return false
}

/** The strings of a JSON text without their escapes and capitals, and with a space for any white space. */
function toPlain(json: string): string {
  return json
    .replace(/\\(?:u([\da-f]{4})|(.))/gi, (_escape, hex: string | undefined, letter: string) =>
      hex === undefined ? (/["\\/]/.test(letter) ? letter : ' ') : String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/\s+/g, ' ')
    .toLowerCase()
}
