import { isJsonObject, type JsonObject, toOptionalString } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { readGeminiUsage } from '../../dialects/gemini-usage.ts'
import { readCost } from '../read-cost.ts'
import type { Block, Finish, ReplyEvent, ReplyReader } from '../reply.ts'
import type { Signature } from '../signature.ts'
import { readThoughtSignature } from './thought-signature.ts'

/**
 * Reads the events of Gemini's generateContent, or a complete response, which has the form of one event.
 * Source: https://ai.google.dev/api/generate-content#generatecontentresponse, read on 2026-11-30.
 */
export function createGeminiReader(): ReplyReader {
  let hasStarted = false
  let hasEnded = false
  let open: 'text' | 'reasoning' | undefined
  let calls = 0
  let replyId: string | undefined
  let finish: Finish | undefined
  let counts: Usage | undefined
  let cost: number | null | undefined
  let events: ReplyEvent[] = []

  function close(signature?: Signature): void {
    if (open !== undefined) events.push({ kind: 'close', signature })
    open = undefined
  }

  function addText(kind: 'text' | 'reasoning', text: unknown, logprobs?: readonly JsonObject[]): void {
    if (typeof text !== 'string' || text === '') return
    if (open !== kind) {
      close()
      open = kind
      events.push({ kind: 'open', block: { kind } })
    }
    events.push({ kind: 'delta', text, logprobs })
  }

  /** A signature closes the reasoning before it, or is a reasoning without text. */
  function addSignature(text: string): void {
    if (open !== 'reasoning') {
      close()
      open = 'reasoning'
      events.push({ kind: 'open', block: { kind: 'reasoning' } })
    }
    close(readThoughtSignature(text))
  }

  function addCall({ id, name, args }: JsonObject): void {
    close()
    calls += 1
    const known = typeof name === 'string' ? name : ''
    const block: Block = {
      kind: 'tool-call',
      id: typeof id === 'string' && id !== '' ? id : `call_${replyId ?? known}_${calls}`,
      name: known,
    }
    events.push({ kind: 'open', block }, { kind: 'delta', text: JSON.stringify(args ?? {}) }, { kind: 'close' })
  }

  function readPart(part: JsonObject, logprobs: readonly JsonObject[] | undefined): void {
    const { text, thought, thoughtSignature: signature, functionCall: call } = part
    if (thought === true) addText('reasoning', text)
    if (typeof signature === 'string' && signature !== '') addSignature(signature)
    if (thought !== true) addText('text', text, logprobs)
    if (isJsonObject(call)) addCall(call)
  }

  return {
    read(data) {
      events = []
      const { responseId: id, modelVersion: model, candidates, promptFeedback: feedback, usageMetadata: usage } = data
      if (!hasStarted) {
        hasStarted = true
        replyId = toOptionalString(id)
        events.push({ kind: 'start', id: replyId, model: toOptionalString(model) })
      }
      // Each event counts from the start.
      counts = readGeminiUsage(usage) ?? counts
      if (isJsonObject(usage)) cost = readCost(usage, cost)
      const candidate: unknown = Array.isArray(candidates) ? candidates[0] : undefined
      if (isJsonObject(candidate)) {
        const { content, finishReason: reason, logprobsResult } = candidate
        let logprobs = toLogprobs(logprobsResult)
        const parts = isJsonObject(content) && Array.isArray(content.parts) ? content.parts : []
        for (const part of parts.filter(isJsonObject)) {
          readPart(part, logprobs)
          // They are those of the whole event.
          if (part.thought !== true && typeof part.text === 'string' && part.text !== '') logprobs = undefined
        }
        if (typeof reason === 'string' && reason !== unspecified)
          finish = { reason: reasons[reason] ?? 'stop', raw: reason }
      }
      if (finish !== undefined && failures.has(finish.raw)) {
        hasEnded = true
        close()
        const message = `Gemini ended the response with ${finish.raw}. Send the request again.`
        events.push({ kind: 'error', error: { status: 502, message, type: 'server_error', code: null } })
      }
      const blocked = isJsonObject(feedback) ? feedback.blockReason : undefined
      if (typeof blocked === 'string') finish = { reason: 'filter', raw: blocked }
      return events
    },
    end() {
      if (hasEnded || finish === undefined) return []
      hasEnded = true
      events = []
      close()
      const reason = calls > 0 && finish.reason === 'stop' ? 'tool-calls' : finish.reason
      events.push({ kind: 'finish', finish: { ...finish, reason }, usage: counts && { counts, cost } })
      return events
    },
  }
}

const unspecified = 'FINISH_REASON_UNSPECIFIED'

/** Sources, read on 2026-11-30: https://ai.google.dev/api/generate-content#FinishReason, @google/genai 3.3.0. */
const reasons: Readonly<Record<string, Finish['reason']>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  // The limit of one request, not the caller's; no other dialect has Google's token to go on.
  CONTINUATION: 'length',
  SAFETY: 'filter',
  RECITATION: 'filter',
  LANGUAGE: 'filter',
  BLOCKLIST: 'filter',
  PROHIBITED_CONTENT: 'filter',
  SPII: 'filter',
  IMAGE_SAFETY: 'filter',
  IMAGE_PROHIBITED_CONTENT: 'filter',
  IMAGE_RECITATION: 'filter',
  MODEL_ARMOR: 'filter',
  ESCALATION: 'filter',
  PUP_LIMITED_DISABLED: 'filter',
}

/** The model wrote a response that its server could not read, so there is none. */
const failures: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
])

/** Converts log probabilities to OpenAI's form. */
function toLogprobs(result: unknown): readonly JsonObject[] | undefined {
  if (!isJsonObject(result) || !Array.isArray(result.chosenCandidates)) return undefined
  const alternatives = Array.isArray(result.topCandidates) ? result.topCandidates : []
  return result.chosenCandidates.filter(isJsonObject).map((chosen, at) => {
    const top: unknown = isJsonObject(alternatives[at]) ? alternatives[at].candidates : undefined
    return { ...toLogprob(chosen), top_logprobs: Array.isArray(top) ? top.filter(isJsonObject).map(toLogprob) : [] }
  })
}

function toLogprob({ token, logProbability }: JsonObject): JsonObject {
  return { token, logprob: logProbability, bytes: [...new TextEncoder().encode(String(token))] }
}
