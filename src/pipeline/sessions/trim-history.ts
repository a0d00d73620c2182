import { estimateTokens } from '../../openai/estimate-tokens.ts'

/** A message in the format of chat completions. */
export type ChatMessage = Readonly<Record<string, unknown>>

/**
 * Returns the new messages, preceded by the newest exchanges of the history that fit into `budgetTokens` with them. An
 * exchange is a user's message with everything up to the next one; messages before the first user's message form one,
 * too. It is kept or dropped whole, because every provider refuses a tool's result without its call; the exchange that
 * the new messages continue therefore stays, whatever its size. Pure.
 */
export function trimHistory(
  history: readonly ChatMessage[],
  newMessages: readonly ChatMessage[],
  budgetTokens: number,
): readonly ChatMessage[] {
  const messages = [...history, ...newMessages]
  const starts = messages.flatMap(({ role }, at) => (at <= history.length && (at === 0 || role === 'user') ? [at] : []))
  let start = starts.pop() ?? 0
  let left = budgetTokens - sumTokens(messages.slice(start))
  for (const earlier of starts.reverse()) {
    left -= sumTokens(messages.slice(earlier, start))
    if (left < 0) break
    start = earlier
  }
  return messages.slice(start)
}

function sumTokens(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, message) => sum + estimateTokens(message), 0)
}
