import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Dialect, ResponseFacts } from '../../dialects/dialect.ts'
import { addUsage } from '../../dialects/stream-reader.ts'
import type { Attempt } from '../call/attempt.ts'

/**
 * The most tokens with which a model ends its turn in silence. Claude uses two or three. More are output that the
 * provider lost, or hidden reasoning that it does not count apart.
 * Sources, read on 2026-11-30: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons,
 * https://github.com/vllm-project/vllm/issues/41902
 */
const maxSilentTokens = 8

/**
 * True for a reply without output that is a fault of its provider. A limit that was reached or a policy explains one; a
 * few tokens outside of reasoning show that the model chose to say nothing.
 */
export function isEmptyReply(
  finishReason: string | undefined,
  usage: Usage | undefined,
  { reply }: Pick<Dialect, 'reply'>,
): boolean {
  if (reply === undefined) return false
  if (finishReason === undefined || reply.faultyEnds?.has(finishReason) === true) return true
  if (reply.turnEnds?.has(finishReason) !== true) return false
  const tokens = (usage?.outputTokens ?? 0) - (usage?.reasoningTokens ?? 0)
  return tokens <= 0 || tokens > maxSilentTokens
}

/** True for an empty response, if another target may answer instead. */
export function isEmptyResponse(
  response: JsonObject,
  { finishReason, usage, isDeferred }: ResponseFacts,
  dialect: Pick<Dialect, 'reply'>,
  { moveToOperator }: Attempt,
): boolean {
  if (moveToOperator === undefined || isDeferred === true) return false
  return dialect.reply?.hasOutput(response) === false && isEmptyReply(finishReason, usage, dialect)
}

/** Throws GatewayError for the events of a whole stream that is empty, if another target may answer instead. */
export function refuseEmptyStream(
  events: readonly JsonObject[],
  dialect: Pick<Dialect, 'reply' | 'events'>,
  attempt: Attempt,
): void {
  const { reply } = dialect
  if (attempt.moveToOperator === undefined || reply === undefined || events.some(reply.hasOutput)) return
  const usage = events.map(dialect.events.usageOf).reduce<Usage | undefined>(addUsage, undefined)
  const finishReason = events.map(dialect.events.finishOf).findLast((reason) => reason !== undefined)
  if (!isEmptyReply(finishReason, usage, dialect)) return
  attempt.finishReason = finishReason
  attempt.usage = usage
  throw emptyReply()
}

export function emptyReply(): GatewayError {
  return new GatewayError('upstream_empty_answer', 'The provider answered 200 with an empty reply.')
}
