import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { sampleSchema } from './sample-schema.ts'

/**
 * The request for an output. Fields of type `unknown` are unchanged from the body, in either of OpenAI's two dialects.
 */
export interface OutputRequest {
  readonly model: string
  readonly turns: readonly Turn[]
  readonly tools?: unknown
  readonly toolChoice?: unknown
  readonly format?: unknown
  readonly maxTokens: unknown
  readonly stop?: unknown
}

/** A message: its role and its content. */
export interface Turn {
  readonly role: string
  readonly content: unknown
}

/** An output of the demo: text, or the arguments of a function call, in the pieces in which it is streamed. */
export interface Output {
  /** The name of the called function; undefined for text. */
  readonly toolName: string | undefined
  readonly pieces: readonly string[]
  /** False if the token limit cut it. */
  readonly isWhole: boolean
}

/** Maximum number of characters of the user's text in the reply: enough to recognise it. Fewer in JSON. */
const quotedCharacters = 1_000
const quotedInJson = 200

/**
 * Plans `choices` outputs. Calls a function if the request offers one, but not after a function's result, which would
 * loop for ever.
 */
export function planOutputs(request: OutputRequest, choices = 1): readonly Output[] {
  const lastUser = readContent(request.turns.findLast(({ role }) => role === 'user')?.content)
  const isResult = ({ role }: Turn) => role === 'tool' || role === 'function'
  const results = request.turns.slice(request.turns.findLastIndex((turn) => !isResult(turn)) + 1)
  const toolResults = results.map(({ content }) => readContent(content).text)
  const tool = results.length > 0 ? undefined : chooseTool(request)
  const hint = shorten(lastUser.text, quotedInJson)
  const json = tool === undefined ? composeJson(request.format, hint) : sampleText(tool.parameters, hint)
  const limit =
    typeof request.maxTokens === 'number' ? Math.max(1, Math.floor(request.maxTokens)) : Number.POSITIVE_INFINITY
  return Array.from({ length: choices }, (_, choice) => {
    const text = json ?? composeReply(request, { ...lastUser, toolResults, choice })
    const pieces = splitWords(tool === undefined ? cutAtStop(text, toList(request.stop)) : text)
    return { toolName: tool?.name, pieces: pieces.slice(0, limit), isWhole: pieces.length <= limit }
  })
}

export interface Content {
  readonly text: string
  /** The kinds of other parts: `image`, `audio`, `file`. */
  readonly attachments: readonly string[]
}

/** Reads the content of a message: a string, or a list of parts. */
export function readContent(content: unknown): Content {
  if (typeof content === 'string') return { text: content, attachments: [] }
  const texts: string[] = []
  const attachments: string[] = []
  for (const part of Array.isArray(content) ? content.filter(isJsonObject) : []) {
    const { type } = part
    const text = part.text ?? part.refusal
    if (typeof text === 'string') texts.push(text)
    // `image_url` and `input_image` are both images.
    else if (typeof type === 'string')
      attachments.push(['image', 'audio', 'file'].find((name) => type.includes(name)) ?? type)
  }
  return { text: texts.join('\n'), attachments }
}

/** The tokens that chat formats add to each message, and OpenAI's tokens for an image in low detail. */
const tokensPerMessage = 3
const tokensPerAttachment = 85

/**
 * Approximates the input tokens in a way that a test can compute by hand: the words of every message, 3 per message, 85
 * per attachment, and the words of all other parts that a model would read (tools, schemas) as JSON.
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

/** Matches a word of at most 12 characters with the white space before it; in scripts without spaces, one character. */
const scriptsWithoutSpaces =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const word = new RegExp(`\\s*(?:[${scriptsWithoutSpaces}]\\p{M}*|[^\\s${scriptsWithoutSpaces}]{1,12})|\\s+`, 'gu')

/**
 * Splits text into the demo's tokens, which it streams one by one, cuts at `max_tokens`, and counts as usage. Joined,
 * they are the text again.
 */
export function splitWords(text: string): readonly string[] {
  return text.match(word) ?? []
}

/**
 * Longer texts are extrapolated from their beginning, because counting 32 MiB would block the event loop for a second.
 */
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

/** `auto` and `required` are the same here, because the demo calls a function if it can. */
function chooseTool({ tools, toolChoice }: OutputRequest): FunctionTool | undefined {
  const offered = readFunctions(tools)
  if (toolChoice === 'none') return undefined
  if (!isJsonObject(toolChoice)) return offered[0]
  const { tools: allowed } = isJsonObject(toolChoice.allowed_tools) ? toolChoice.allowed_tools : toolChoice
  const names = readFunctions(allowed ?? [toolChoice]).map(({ name }) => name)
  return offered.find(({ name }) => names.includes(name))
}

/**
 * Reads the functions of a request. Chat completions have the name in `function`, Responses beside `type`. Tools of
 * other kinds are the provider's own and are skipped.
 */
function readFunctions(tools: unknown): readonly FunctionTool[] {
  return toList(tools).flatMap((tool) => {
    if (!isJsonObject(tool) || tool.type !== 'function') return []
    const { name, parameters }: JsonObject = isJsonObject(tool.function) ? tool.function : tool
    return typeof name === 'string' ? [{ name, parameters }] : []
  })
}

/**
 * Returns undefined if the request wants no JSON. Chat completions have the schema in `json_schema`, Responses beside
 * `type`.
 */
function composeJson(format: unknown, hint: string): string | undefined {
  if (!isJsonObject(format)) return undefined
  if (format.type === 'json_object') return JSON.stringify({ demo: true, message: hint })
  if (format.type !== 'json_schema') return undefined
  return sampleText((isJsonObject(format.json_schema) ? format.json_schema : format).schema, hint)
}

function sampleText(schema: unknown, hint: string): string {
  return JSON.stringify(sampleSchema(schema ?? { type: 'object' }, hint))
}

interface ReplyInput extends Content {
  /** Results of tools, if they are the last messages. */
  readonly toolResults: readonly string[]
  readonly choice: number
}

/** Composes a reply in Markdown that names the demo and repeats the request's text, in whatever language that is. */
function composeReply({ model, turns }: OutputRequest, { text, attachments, toolResults, choice }: ReplyInput): string {
  const paragraphs = [
    `**Weir demo.** No model was asked: \`${model}\` is built into the gateway. You can build against it offline and for free.`,
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

/** Returns at most `max` characters, with an ellipsis for the rest. Cuts between characters, never within one. */
function shorten(text: string, max: number): string {
  const characters = [...text.slice(0, 2 * max)]
  return characters.length <= max && text.length <= 2 * max ? text : `${characters.slice(0, max).join('')}…`
}

function cutAtStop(text: string, stop: readonly unknown[]): string {
  const sequences = stop.filter((sequence): sequence is string => typeof sequence === 'string' && sequence !== '')
  const positions = sequences.map((sequence) => text.indexOf(sequence)).filter((position) => position !== -1)
  return text.slice(0, Math.min(text.length, ...positions))
}

/** Returns a list as it is, and one value as a list. */
function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
