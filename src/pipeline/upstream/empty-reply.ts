import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { addUsage } from '../../dialects/stream-reader.ts'
import type { Attempt } from '../call/attempt.ts'

/**
 * True for a reply without output that is a fault of its provider. A limit that was reached or a policy explains one;
 * tokens outside of reasoning show that the model chose to say nothing, as Claude does with two or three tokens.
 * Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons, read on 2026-11-30.
 */
export function isEmptyReply(
  finishReason: string | undefined,
  usage: Usage | undefined,
  { reply }: Pick<Dialect, 'reply'>,
): boolean {
  if (reply === undefined || (finishReason !== undefined && !reply.plainEnds.has(finishReason))) return false
  return (usage?.outputTokens ?? 0) <= (usage?.reasoningTokens ?? 0)
}

/** Reads usage and finish reason of a whole stream without output. Throws GatewayError if the reply is empty. */
export function refuseEmptyStream(
  events: readonly JsonObject[],
  dialect: Pick<Dialect, 'reply' | 'events'>,
  attempt: Attempt,
): void {
  const usage = events.map(dialect.events.usageOf).reduce<Usage | undefined>(addUsage, undefined)
  const finishReason = events.map(dialect.events.finishOf).findLast((reason) => reason !== undefined)
  if (!isEmptyReply(finishReason, usage, dialect)) return
  attempt.usage = usage
  attempt.finishReason = finishReason
  throw emptyReply()
}

export function emptyReply(): GatewayError {
  return new GatewayError('upstream_empty_answer', 'The provider answered 200 with an empty reply.')
}
