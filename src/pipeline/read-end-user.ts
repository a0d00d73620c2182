import { toHex } from '../core/to-hex.ts'
import type { CallRequest } from './call.ts'
import type { Secrets } from './ports.ts'

/** Longer names are kept as their digest, so that no two become one. */
const longestName = 128

/**
 * Who asks within the key: OpenAI's `user`, or `safety_identifier`; empty where nobody is named.
 * Source: https://platform.openai.com/docs/api-reference/chat/create
 */
export function readEndUser({ body }: CallRequest, secrets: Secrets): string {
  if (body.kind !== 'json') return ''
  const name = readName(body.object.user) || readName(body.object.safety_identifier)
  return name.length <= longestName && name.isWellFormed() ? name : `sha256:${toHex(secrets.digest(name))}`
}

function readName(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
