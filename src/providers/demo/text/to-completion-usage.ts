import type { Output } from './plan-output.ts'

/** The usage of chat and text completions, where a token is a word; see `splitWords`. */
export function toCompletionUsage(inputTokens: number, outputs: readonly Pick<Output, 'pieces'>[]) {
  const outputTokens = outputs.reduce((sum, output) => sum + output.pieces.length, 0)
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
