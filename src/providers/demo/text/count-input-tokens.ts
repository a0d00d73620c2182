import { countWords } from './count-words.ts'
import { readContent } from './read-content.ts'
import type { Turn } from './read-conversation.ts'

/** What chat formats add to each message. */
const tokensPerMessage = 3

/** What OpenAI charges for an image in low detail. */
const tokensPerAttachment = 85

/**
 * An approximation that a test can work out by hand: the words of every message, 3 a message, 85 an attachment, and the words
 * of everything else that a model would read (tools, schemas) as JSON.
 */
export function countInputTokens(turns: readonly Turn[], extras: readonly unknown[]): number {
  let tokens = 0
  for (const turn of turns) {
    const { text, attachments } = readContent(turn.content)
    tokens += tokensPerMessage + countWords(text) + attachments.length * tokensPerAttachment
  }
  for (const extra of extras) {
    if (extra !== undefined && extra !== null) tokens += countWords(JSON.stringify(extra))
  }
  return tokens
}
