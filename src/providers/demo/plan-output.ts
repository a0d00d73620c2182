import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { sampleSchema } from './sample-schema.ts'

/** What is wanted. The fields that are unknown stand as the request has them, in either of OpenAI's two dialects. */
export interface Ask {
  readonly model: string
  readonly turns: readonly Turn[]
  readonly tools?: unknown
  readonly toolChoice?: unknown
  readonly format?: unknown
  readonly maxTokens: unknown
  readonly stop?: unknown
}

/** A message with its role and what stands in it. */
export interface Turn {
  readonly role: string
  readonly content: unknown
}

/** What the demo will say: a text, or the arguments of a call, in the pieces in which it is streamed. */
export interface Output {
  /** The function that is called; undefined for a text. */
  readonly toolName: string | undefined
  readonly pieces: readonly string[]
  /** False where the limit of tokens cut it. */
  readonly isWhole: boolean
}

/** Characters of the user's text that are said back: enough to recognise it. Fewer in JSON. */
const quotedCharacters = 1_000
const quotedInJson = 200

/** Plans so many choices. Calls a function when one is offered, but never in answer to a function's result, lest it go on for ever. */
export function planOutputs(ask: Ask, choices = 1): readonly Output[] {
  const lastUser = readContent(ask.turns.findLast(({ role }) => role === 'user')?.content)
  const isResult = ({ role }: Turn) => role === 'tool' || role === 'function'
  const results = ask.turns.slice(ask.turns.findLastIndex((turn) => !isResult(turn)) + 1)
  const toolResults = results.map(({ content }) => readContent(content).text)
  const tool = results.length > 0 ? undefined : chooseTool(ask)
  const hint = shorten(lastUser.text, quotedInJson)
  const json = tool === undefined ? composeJson(ask.format, hint) : sampleText(tool.parameters, hint)
  const limit = typeof ask.maxTokens === 'number' ? Math.max(1, Math.floor(ask.maxTokens)) : Number.POSITIVE_INFINITY
  return Array.from({ length: choices }, (_, choice) => {
    const text = json ?? composeReply(ask, { ...lastUser, toolResults, choice })
    const pieces = splitWords(tool === undefined ? cutAtStop(text, toList(ask.stop)) : text)
    return { toolName: tool?.name, pieces: pieces.slice(0, limit), isWhole: pieces.length <= limit }
  })
}

export interface Content {
  readonly text: string
  /** What comes with the text: `image`, `audio`, `file`. */
  readonly attachments: readonly string[]
}

/** A message's content is a string, or a list of parts. */
export function readContent(content: unknown): Content {
  if (typeof content === 'string') return { text: content, attachments: [] }
  const texts: string[] = []
  const attachments: string[] = []
  for (const part of Array.isArray(content) ? content.filter(isJsonObject) : []) {
    const { type } = part
    const text = part.text ?? part.refusal
    if (typeof text === 'string') texts.push(text)
    // `image_url` and `input_image` are both an image.
    else if (typeof type === 'string')
      attachments.push(['image', 'audio', 'file'].find((name) => type.includes(name)) ?? type)
  }
  return { text: texts.join('\n'), attachments }
}

/** What chat formats add to each message, and what OpenAI charges for an image in low detail. */
const tokensPerMessage = 3
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

/** A word with the white space before it, at most 12 characters long; one character, where a script has no spaces. */
const scriptsWithoutSpaces =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const word = new RegExp(`\\s*(?:[${scriptsWithoutSpaces}]\\p{M}*|[^\\s${scriptsWithoutSpaces}]{1,12})|\\s+`, 'gu')

/** The demo's tokens: what it streams one by one, cuts at `max_tokens`, and counts as usage. Joined, they are the text again. */
export function splitWords(text: string): readonly string[] {
  return text.match(word) ?? []
}

/** Longer texts are counted by their beginning, since counting 32 MiB would hold up everyone else for a second. */
const countedCharacters = 100_000

export function countWords(text: string): number {
  const counted = splitWords(text.slice(0, countedCharacters)).length
  return text.length <= countedCharacters ? counted : Math.round((counted * text.length) / countedCharacters)
}

interface FunctionTool {
  readonly name: string
  /** A JSON schema. */
  readonly parameters: unknown
}

/** `auto` and `required` are one to the demo, as it calls whenever it can. */
function chooseTool({ tools, toolChoice }: Ask): FunctionTool | undefined {
  const offered = readFunctions(tools)
  if (toolChoice === 'none') return undefined
  if (!isJsonObject(toolChoice)) return offered[0]
  const { tools: allowed } = isJsonObject(toolChoice.allowed_tools) ? toolChoice.allowed_tools : toolChoice
  const names = readFunctions(allowed ?? [toolChoice]).map(({ name }) => name)
  return offered.find(({ name }) => names.includes(name))
}

/** A name stands in `function` in chat completions, and beside `type` in responses. Tools of other kinds are the provider's own, and left alone. */
function readFunctions(tools: unknown): readonly FunctionTool[] {
  return toList(tools).flatMap((tool) => {
    if (!isJsonObject(tool) || tool.type !== 'function') return []
    const { name, parameters }: JsonObject = isJsonObject(tool.function) ? tool.function : tool
    return typeof name === 'string' ? [{ name, parameters }] : []
  })
}

/** Undefined where no JSON is asked for. A schema stands in `json_schema` in chat completions, and beside `type` in responses. */
function composeJson(format: unknown, hint: string): string | undefined {
  if (!isJsonObject(format)) return undefined
  if (format.type === 'json_object') return JSON.stringify({ demo: true, message: hint })
  if (format.type !== 'json_schema') return undefined
  return sampleText((isJsonObject(format.json_schema) ? format.json_schema : format).schema, hint)
}

function sampleText(schema: unknown, hint: string): string {
  return JSON.stringify(sampleSchema(schema ?? { type: 'object' }, hint))
}

interface Said extends Content {
  /** Results of tools, where they are what came last. */
  readonly toolResults: readonly string[]
  readonly choice: number
}

/** A reply in Markdown that says what it is, and repeats what it was told, in whichever language that was. */
function composeReply({ model, turns }: Ask, { text, attachments, toolResults, choice }: Said): string {
  const paragraphs = [
    `**Weir demo.** No model was asked: \`${model}\` is built into the gateway, so that you can build against it offline and for free.`,
    ...toolResults.map((result) => `The tool answered:\n\n${quote(result)}`),
  ]
  if (toolResults.length > 0) {
    if (text !== '') paragraphs.push(`That was for:\n\n${quote(text)}`)
  } else {
    paragraphs.push(text === '' ? 'You said nothing.' : `You said:\n\n${quote(text)}`)
    if (attachments.length > 0) paragraphs.push(`With it came: ${countNames(attachments)}.`)
  }
  paragraphs.push(
    `\`\`\`json\n${JSON.stringify({ model, messages: turns.length, choice })}\n\`\`\``,
    'Set the key of a provider to get real answers.',
  )
  return paragraphs.join('\n\n')
}

/** `image, image, file` → `2 × image, 1 × file`. */
function countNames(names: readonly string[]): string {
  const distinct = [...new Set(names)]
  return distinct.map((name) => `${names.filter((other) => other === name).length} × ${name}`).join(', ')
}

function quote(text: string): string {
  return `> ${shorten(text, quotedCharacters).replaceAll('\n', '\n> ')}`
}

/** At most so many characters, with an ellipsis for what is missing. Cuts between characters, never within one. */
function shorten(text: string, most: number): string {
  const characters = [...text.slice(0, 2 * most)]
  return characters.length <= most && text.length <= 2 * most ? text : `${characters.slice(0, most).join('')}…`
}

function cutAtStop(text: string, stop: readonly unknown[]): string {
  const sequences = stop.filter((sequence): sequence is string => typeof sequence === 'string' && sequence !== '')
  const positions = sequences.map((sequence) => text.indexOf(sequence)).filter((position) => position !== -1)
  return text.slice(0, Math.min(text.length, ...positions))
}

/** One value, or a list of them. */
function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
