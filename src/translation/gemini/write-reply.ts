import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { StringBuilder } from '../../core/string-builder.ts'
import type { Block, Finish, ReplyContext, ReplyUsage, ReplyWriter } from '../reply.ts'
import { toToolInput } from '../tool-input.ts'
import { toThoughtSignature } from './thought-signature.ts'

/** Writes the events of Gemini's generateContent. Source: https://ai.google.dev/api/generate-content, read on 2026-11-30. */
export function createGeminiWriter(context: ReplyContext): ReplyWriter {
  let responseId = context.id
  let modelVersion = context.model
  let open: Block | undefined
  let input = new StringBuilder()
  /** The signature of reasoning, which Google's clients send back on the part after it. */
  let signature: string | undefined
  let isSigned = false

  function toEvent(parts: readonly JsonObject[], others: JsonObject = {}, usage: JsonObject = {}): JsonObject {
    return {
      candidates: [{ content: { parts, role: 'model' }, index: 0, ...others }],
      ...usage,
      modelVersion,
      responseId,
    }
  }

  function takeSignature(): JsonObject {
    const taken = signature === undefined ? {} : { thoughtSignature: signature }
    isSigned = signature !== undefined
    signature = undefined
    return taken
  }

  function writeDelta(text: string, logprobs: readonly JsonObject[] | undefined): readonly JsonObject[] {
    isSigned = false
    if (open?.kind === 'tool-call') {
      // A call is never in pieces.
      input.add(text)
      return []
    }
    if (open?.kind === 'reasoning') return [toEvent([{ text, thought: true }])]
    return [toEvent([{ text, ...takeSignature() }], logprobs && { logprobsResult: toLogprobsResult(logprobs) })]
  }

  return {
    get heldLength() {
      return input.length
    },
    get countsDeltas() {
      return isSigned
    },
    write(event) {
      switch (event.kind) {
        case 'delta':
          return writeDelta(event.text, event.logprobs)
        case 'start':
          responseId = event.id ?? responseId
          modelVersion = event.model ?? modelVersion
          return []
        case 'open':
          open = event.block
          input = new StringBuilder()
          return []
        case 'close': {
          const closed = open
          open = undefined
          if (closed?.kind === 'tool-call') {
            const { id, name } = closed
            return [
              toEvent([
                { functionCall: { id, name, args: toToolInput({ input: input.toString() }) }, ...takeSignature() },
              ]),
            ]
          }
          if (event.signature === undefined) return []
          const earlier = takeSignature()
          signature = toThoughtSignature(event.signature)
          return Object.keys(earlier).length === 0 ? [] : [toEvent([{ text: '', ...earlier }])]
        }
        case 'finish': {
          const usage = event.usage === undefined ? {} : { usageMetadata: toUsageMetadata(event.usage) }
          // The SDK's chats forget a reply of which one event has no part.
          return [toEvent([{ text: '', ...takeSignature() }], { finishReason: toFinishReason(event.finish) }, usage)]
        }
        case 'error':
          return []
      }
    },
  }
}

function toFinishReason({ reason }: Finish): string {
  switch (reason) {
    case 'length':
      return 'MAX_TOKENS'
    case 'filter':
      return 'SAFETY'
    case 'pause':
      return 'OTHER'
    default:
      return 'STOP'
  }
}

/** Google counts thoughts beside the candidates. */
function toUsageMetadata({ counts, cost }: ReplyUsage): JsonObject {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens = 0 } = counts
  return {
    promptTokenCount: inputTokens,
    candidatesTokenCount: Math.max(0, outputTokens - reasoningTokens),
    totalTokenCount: inputTokens + outputTokens,
    ...(cachedInputTokens !== undefined && { cachedContentTokenCount: cachedInputTokens }),
    ...(reasoningTokens > 0 && { thoughtsTokenCount: reasoningTokens }),
    ...(cost !== undefined && { cost }),
  }
}

/** Converts log probabilities from OpenAI's form. */
function toLogprobsResult(logprobs: readonly JsonObject[]): JsonObject {
  return {
    chosenCandidates: logprobs.map(toCandidate),
    topCandidates: logprobs.map(({ top_logprobs: top }) => ({
      candidates: Array.isArray(top) ? top.filter(isJsonObject).map(toCandidate) : [],
    })),
  }
}

function toCandidate({ token, logprob }: JsonObject): JsonObject {
  return { token, logProbability: logprob }
}
