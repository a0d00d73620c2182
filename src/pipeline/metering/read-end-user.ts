import { toEndUser } from '../access/user-key.ts'
import { type CallRequest, fieldsOf } from '../call/call.ts'
import type { Secrets } from '../call/ports.ts'
import { type LabelledCall, readDialectLabels } from '../call/read-tags.ts'

/**
 * Reads the end user within the key: OpenAI's `user`, or `safety_identifier`, or the field of another dialect; empty if
 * none is named.
 * Source: https://platform.openai.com/docs/api-reference/chat/create
 */
export function readEndUser(call: LabelledCall, request: CallRequest, secrets: Secrets): string {
  const labels = readDialectLabels(call, request)
  if (labels !== undefined) return toEndUser(labels.endUser, secrets)
  const { user, safety_identifier: identifier } = fieldsOf(request)
  return toEndUser(readName(user) || readName(identifier), secrets)
}

function readName(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
