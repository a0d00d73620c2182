import { isJsonObject } from '../core/json.ts'

/** The least that a picture or a sound costs, whatever its bytes. */
const tokensPerMedium = 1_000
/** Role and separators of one message. Source: https://github.com/openai/openai-cookbook, "How to count tokens" */
const tokensPerMessage = 4

/**
 * A cautious guess at the tokens of one message, high rather than low: 3.5 Latin characters a token, one token for any other character.
 * A real tokenizer weighs a megabyte, which no Worker can carry.
 */
export function estimateTokens(message: Readonly<Record<string, unknown>>): number {
  const { content, tool_calls: toolCalls } = message
  const calls = toolCalls === undefined ? 0 : estimateText(JSON.stringify(toolCalls))
  return tokensPerMessage + calls + estimateContent(content)
}

function estimateContent(content: unknown): number {
  if (typeof content === 'string') return estimateText(content)
  if (!Array.isArray(content)) return 0
  let tokens = 0
  for (const part of content) tokens += estimatePart(part)
  return tokens
}

function estimatePart(part: unknown): number {
  return isJsonObject(part) && typeof part.text === 'string' ? estimateText(part.text) : tokensPerMedium
}

/** Of a text that the engine keeps in a byte a character, it knows without looking that this never fits. */
const notLatin = /[\u0250-\uffff]/

/** The same guess for plain text. */
export function estimateText(text: string): number {
  if (!notLatin.test(text)) return Math.ceil(text.length / 3.5)
  let latin = 0
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 0x250) latin++
  return Math.ceil(latin / 3.5) + (text.length - latin)
}
