import { operations } from '../dialects/operations.ts'
import { toLegacyChatRequest } from '../openai/legacy-requests.ts'
import type { CallPlan } from './run-call.ts'
import type { ChatInput } from './schema.generated.ts'
import { toJsonBody } from './to-json-body.ts'

/** A question as the call that the old proxy would have made of it. */
export function toChatPlan({ sessionId, ...fields }: ChatInput, isStream: boolean): CallPlan {
  const body = toJsonBody({ ...fields, ...(isStream && { stream: true }) })
  return {
    operation: operations['chat.completions'],
    body: toLegacyChatRequest(body),
    sessionId: sessionId ?? undefined,
  }
}
