import { sampleSchema } from '../schema/sample-schema.ts'
import { composeReply } from './compose-reply.ts'
import type { DemoAsk, FunctionTool } from './demo-ask.ts'
import { shortenText } from './shorten-text.ts'
import { splitWords } from './split-words.ts'

/** Characters of the user's text that find their way into JSON. */
const quotedCharacters = 200

/** What the demo will say: a text, or the arguments of a call, in the pieces in which it is streamed. */
export interface Output {
  /** The function that is called; undefined for a text. */
  readonly toolName: string | undefined
  readonly pieces: readonly string[]
  /** False where the limit of tokens cut it. */
  readonly isWhole: boolean
}

/** Decides on one choice of a reply. Calls a function when one is offered, but never in answer to a function's result, lest it go on for ever. */
export function planOutput(ask: DemoAsk, choiceIndex = 0): Output {
  const tool = chooseTool(ask)
  const text =
    tool === undefined ? cutAtStop(composeText(ask, choiceIndex), ask.stop) : sampleText(tool.parameters, ask)
  const pieces = splitWords(text)
  return {
    toolName: tool?.name,
    pieces: pieces.slice(0, ask.maxTokens),
    isWhole: pieces.length <= ask.maxTokens,
  }
}

function chooseTool({ tools, toolChoice, conversation }: DemoAsk): FunctionTool | undefined {
  if (toolChoice.kind === 'none' || conversation.toolResults.length > 0) return undefined
  if (toolChoice.kind === 'any') return tools[0]
  return tools.find((tool) => toolChoice.names.includes(tool.name))
}

function composeText(ask: DemoAsk, choiceIndex: number): string {
  const { format, conversation } = ask
  if (format.kind === 'schema') return sampleText(format.schema, ask)
  if (format.kind === 'json')
    return JSON.stringify({ demo: true, message: shortenText(conversation.lastText, quotedCharacters) })
  return composeReply(ask, choiceIndex)
}

function sampleText(schema: unknown, { conversation }: DemoAsk): string {
  return JSON.stringify(
    sampleSchema(schema ?? { type: 'object' }, shortenText(conversation.lastText, quotedCharacters)),
  )
}

function cutAtStop(text: string, stop: readonly string[]): string {
  const positions = stop.map((sequence) => text.indexOf(sequence)).filter((position) => position !== -1)
  return text.slice(0, Math.min(text.length, ...positions))
}
