import type { Conversation } from './demo-ask.ts'
import { readContent } from './read-content.ts'

/** A message of either dialect, with its role and what stands in it. */
export interface Turn {
  readonly role: string
  readonly content: unknown
}

/** Finds what the user said last, and the results of tools if they came after it. */
export function readConversation(turns: readonly Turn[]): Conversation {
  const lastUser = turns.findLast((turn) => turn.role === 'user')
  const afterAnswers = turns.slice(turns.findLastIndex((turn) => !isToolResult(turn)) + 1)
  return {
    messageCount: turns.length,
    ...splitContent(lastUser?.content),
    toolResults: afterAnswers.map((turn) => readContent(turn.content).text),
  }
}

function isToolResult(turn: Turn): boolean {
  return turn.role === 'tool' || turn.role === 'function'
}

function splitContent(content: unknown): Pick<Conversation, 'lastText' | 'attachments'> {
  const { text, attachments } = readContent(content)
  return { lastText: text, attachments }
}
