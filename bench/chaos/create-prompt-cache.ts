import { hash } from 'node:crypto'
import type { BilledUsage, ChatBody } from './start-target.ts'

/** Tokens of each answer. */
const outputTokens = 200

/**
 * Creates the prompt cache of one account: a beginning of messages that it has seen costs the price of cached input, from
 * 1,024 tokens on, in steps of 128. It forgets one that was not read for `lifetimeTurns`, of which `readTurn` returns the
 * current one. Source: https://developers.openai.com/api/docs/guides/prompt-caching
 */
export function createPromptCache(lifetimeTurns: number, readTurn: () => number): (body: ChatBody) => BilledUsage {
  /** The turn in which each beginning was last read. */
  const readIn = new Map<string, number>()
  return ({ messages }) => {
    let inputTokens = 0
    let knownTokens = 0
    let beginning = ''
    for (const { role, content } of messages) {
      beginning = hash('sha256', `${beginning} ${role} ${content}`)
      inputTokens += Math.ceil(content.length / 4)
      const turn = readIn.get(beginning)
      if (turn !== undefined && readTurn() - turn <= lifetimeTurns) knownTokens = inputTokens
      readIn.set(beginning, readTurn())
    }
    const cachedTokens = knownTokens < 1_024 ? 0 : Math.floor(knownTokens / 128) * 128
    return { inputTokens, cachedTokens, outputTokens }
  }
}
