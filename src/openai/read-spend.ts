import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { estimateText, estimateTokens } from './estimate-tokens.ts'
import type { Operation } from './operations.ts'

/** What a request may spend, as far as its body tells. */
export interface Spend {
  /** Estimated, high rather than low. What a provider adds by itself, such as an earlier response, is not in it. */
  readonly inputTokens: number
  /** Of one choice, as the caller bounds it; undefined where it does not. 0 for what puts out no tokens. */
  readonly maxOutputTokens: number | undefined
  /** How often the output may come: `n` or `best_of`, for each prompt. */
  readonly choices: number
  /** Pictures asked for; undefined where none are made. */
  readonly images: number | undefined
  readonly imageSize: string | undefined
  readonly imageQuality: string | undefined
  /** Of text to be spoken; undefined where nothing is spoken. */
  readonly characters: number | undefined
}

/**
 * Reads what a call may spend at most (S59), from its own words; a call without a JSON body is read as one that says nothing.
 * Throws GatewayError `invalid_value` for a limit or a number of choices that is none: some providers take `"128"` for 128.
 */
export function readSpend(operation: Operation, body: JsonObject): Spend {
  const maxOutputTokens = largest(
    readLimit(body, 'max_tokens'),
    largest(readLimit(body, 'max_completion_tokens'), readLimit(body, 'max_output_tokens')),
  )
  const choices = Math.max(1, largest(readCount(body, 'n'), readCount(body, 'best_of')) ?? 1)
  switch (operation.name) {
    case 'chat.completions':
    case 'responses':
      return toTextSpend(readConversation(body), maxOutputTokens, choices)
    case 'completions':
      return toTextSpend(readTexts(body.prompt), maxOutputTokens, choices * countTexts(body.prompt))
    case 'embeddings':
    case 'moderations':
      return toTextSpend(readTexts(body.input), 0, 1)
    case 'images.generations':
    case 'images.edits':
      return { ...toTextSpend(readPrompt(body), maxOutputTokens, choices), ...readImages(body, choices) }
    case 'audio.speech':
      return { ...toTextSpend(readSpeech(body), 0, 1), characters: readCharacters(body.input) }
    case 'audio.transcriptions':
    case 'audio.translations':
      return toTextSpend(0, maxOutputTokens, 1)
  }
}

/** Of a call that makes neither pictures nor sound. */
function toTextSpend(inputTokens: number, maxOutputTokens: number | undefined, choices: number): Spend {
  return {
    inputTokens,
    maxOutputTokens,
    choices,
    images: undefined,
    imageSize: undefined,
    imageQuality: undefined,
    characters: undefined,
  }
}

/** Of two limits the larger counts, since nobody knows which one the provider heeds. */
function largest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)
}

/** Servers for one's own machine take -1 for no limit. */
function readLimit(body: JsonObject, name: string): number | undefined {
  return body[name] === -1 ? undefined : readCount(body, name)
}

function readCount(body: JsonObject, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new GatewayError('invalid_value', `${name} must be a whole number, 0 or more.`, { param: name })
}

function readConversation(body: JsonObject): number {
  const { messages, input, instructions } = body
  const said = Array.isArray(messages) ? messages : input
  return (
    (Array.isArray(said) ? sum(said, readItem) : readTexts(said)) +
    readTexts(instructions) +
    readJson(body.tools) +
    readJson(body.functions) +
    readJson(body.response_format) +
    readJson(body.text)
  )
}

/** A message, or what Responses have beside messages: calls of functions, what these gave, pictures that were made. */
function readItem(item: unknown): number {
  if (!isJsonObject(item)) return readTexts(item)
  const { content, output, result } = item
  if (content !== undefined) return estimateTokens(item)
  if (output !== undefined) return estimateTokens({ ...item, content: output })
  return typeof result === 'string' ? readTexts({}) : readJson(item)
}

function readPrompt({ prompt, image, images }: JsonObject): number {
  return readTexts(prompt) + readPictures(image) + readPictures(images)
}

function readPictures(value: unknown): number {
  if (value === undefined || value === null) return 0
  return Array.isArray(value) ? value.length * readTexts({}) : readTexts({})
}

function readSpeech({ input, instructions }: JsonObject): number {
  return readTexts(input) + readTexts(instructions)
}

function readImages(body: JsonObject, images: number): Pick<Spend, 'images' | 'imageSize' | 'imageQuality'> {
  return { images, imageSize: readString(body.size), imageQuality: readString(body.quality) }
}

/** A string, tokens, a part of a message, or a list of any of them. A part that has no text counts as a picture. */
function readTexts(value: unknown): number {
  if (typeof value === 'string') return estimateText(value)
  if (typeof value === 'number') return 1
  if (Array.isArray(value)) return sum(value, readTexts)
  return isJsonObject(value) ? estimateTokens({ content: [value] }) : 0
}

/** How many prompts there are, each of which is answered: a list of numbers is one. */
function countTexts(value: unknown): number {
  return Array.isArray(value) && typeof value[0] !== 'number' ? Math.max(1, value.length) : 1
}

/** Definitions of tools and the like, which providers turn into text of their own. */
function readJson(value: unknown): number {
  return value === undefined || value === null ? 0 : estimateText(JSON.stringify(value))
}

function readCharacters(value: unknown): number {
  return typeof value === 'string' ? value.length : 0
}

function readString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function sum(values: readonly unknown[], read: (value: unknown) => number): number {
  let total = 0
  for (const value of values) total += read(value)
  return total
}
