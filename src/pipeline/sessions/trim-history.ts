import { estimateTokens } from '../../openai/estimate-tokens.ts'

/** A message as chat completions take it. */
export type ChatMessage = Readonly<Record<string, unknown>>

/**
 * The new messages, and before them the newest turns of the history that fit into `budgetTokens` with them. A turn is a user's message with all
 * that follows it up to the next one, or what stands before the first of them. It is kept or dropped as a whole, since a tool's result without
 * its call is refused by every provider; so the turn that the new messages go on with stays, whatever it costs. Pure.
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
