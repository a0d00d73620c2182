import { chatCompletion } from './fixtures.ts'
import type { Script } from './upstream-exchange.ts'
import { json, sse } from './upstream-scripts.ts'

/** A request's limits on output tokens, under each name that OpenAI has used. */
interface LimitedBody {
  readonly max_completion_tokens?: number
  readonly max_tokens?: number
  readonly max_output_tokens?: number
  readonly n?: number
  readonly stream?: boolean
}

/**
 * A model that writes `wanted` tokens for each choice, reasoning included, within the request's limit. OpenAI promises:
 * "An upper bound for the number of tokens that can be generated for a completion, including visible output tokens and
 * reasoning tokens." https://platform.openai.com/docs/api-reference/chat/create, read 2026-11-28
 */
export function answerWithin(wanted: number): Script {
  return {
    play(wire, exchange) {
      const body = exchange.bodyJson as LimitedBody
      const limit = body.max_completion_tokens ?? body.max_tokens ?? body.max_output_tokens ?? Number.POSITIVE_INFINITY
      return answerTokens(Math.min(wanted, limit), limit < wanted, body).play(wire, exchange)
    },
  }
}

/** A model that ignores the request's limit and writes `wanted` tokens for each choice. */
export function answerWithout(wanted: number): Script {
  return {
    play: (wire, exchange) => answerTokens(wanted, false, exchange.bodyJson as LimitedBody).play(wire, exchange),
  }
}

function answerTokens(tokens: number, isTruncated: boolean, { n = 1, stream }: LimitedBody): Script {
  const reason = isTruncated ? 'length' : 'stop'
  const all = tokens * n
  const usage = {
    prompt_tokens: 19,
    completion_tokens: all,
    total_tokens: 19 + all,
    completion_tokens_details: { reasoning_tokens: Math.max(0, all - 1) },
  }
  const [choice] = chatCompletion.choices
  const choices = Array.from({ length: n }, (_, index) => ({ ...choice, index, finish_reason: reason }))
  if (stream !== true) return json(200, { ...chatCompletion, choices, usage })
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5' }
  return sse([
    { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }] },
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: reason }] },
    { ...head, choices: [], usage },
  ])
}
