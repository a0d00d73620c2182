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
 * Tells why a reply, as a response or as the events of a stream, has no output for its caller: a policy refused it, or it
 * is empty, which is a fault of its provider. Undefined for a reply with output, and for one that a limit or the silence
 * of its model explains.
 */
export function faultOf(
  parts: readonly JsonObject[],
  finishReason: string | undefined,
  usage: Usage | undefined,
  { reply }: Pick<Dialect, 'reply'>,
): 'empty' | 'policy' | undefined {
  if (reply === undefined || parts.some(reply.hasOutput)) return undefined
  if (reply.isRefusal !== undefined && parts.some(reply.isRefusal)) return 'policy'
  if (finishReason === undefined || reply.faultyEnds?.has(finishReason) === true) return 'empty'
  if (reply.turnEnds?.has(finishReason) !== true) return undefined
  const tokens = (usage?.outputTokens ?? 0) - (usage?.reasoningTokens ?? 0)
  return tokens > 0 && tokens <= maxSilentTokens ? undefined : 'empty'
}

/** Returns the error of a response without output, if another target may answer instead. */
export function errorOfReply(
  response: JsonObject,
  { finishReason, usage, isDeferred }: ResponseFacts,
  dialect: Pick<Dialect, 'reply'>,
  attempt: Attempt,
): GatewayError | undefined {
  if (isDeferred === true || !mayBeReplaced(attempt)) return undefined
  return toError(faultOf([response], finishReason, usage, dialect), attempt)
}

/** Throws the error of a whole stream without output, if another target may answer instead. */
export function refuseFaultyStream(
  events: readonly JsonObject[],
  dialect: Pick<Dialect, 'reply' | 'events'>,
  attempt: Attempt,
): void {
  if (!mayBeReplaced(attempt)) return
  const usage = events.map(dialect.events.usageOf).reduce<Usage | undefined>(addUsage, undefined)
  const finishReason = events.map(dialect.events.finishOf).findLast((reason) => reason !== undefined)
  const error = toError(faultOf(events, finishReason, usage, dialect), attempt)
  if (error === undefined) return
  attempt.usage = usage
  attempt.finishReason = finishReason
  throw error
}

/** False for nearly all calls, whose replies are not searched for output. */
function mayBeReplaced({ moveToOperator, goesOnIfRefused }: Attempt): boolean {
  return moveToOperator !== undefined || goesOnIfRefused
}

function toError(
  fault: 'empty' | 'policy' | undefined,
  { moveToOperator, goesOnIfRefused }: Attempt,
): GatewayError | undefined {
  if (fault === 'empty' && moveToOperator !== undefined) return emptyReply()
  if (fault !== 'policy' || !goesOnIfRefused) return undefined
  return new GatewayError('upstream_refused_reply', "The provider's content policy refused the reply.", {
    headers: { 'x-should-retry': 'false' },
  })
}

export function emptyReply(): GatewayError {
  return new GatewayError('upstream_empty_answer', 'The provider answered 200 with an empty reply.')
}
