import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { maxWeight, parseToolInput, weighInput } from '../openai/parse-tool-input.ts'
import type { ToolCallPart, Turn } from './prompt.ts'

/** Returns the input of a call as an object. It is text in `input` for a custom tool. */
export function toToolInput({ input, isCustom }: Pick<ToolCallPart, 'input' | 'isCustom'>): JsonObject {
  return isCustom === true ? { input } : parseToolInput(input)
}

/**
 * Refuses a request whose inputs of tools take long to parse together, for a dialect that has them as objects: as text,
 * they were not measured with the body. Throws GatewayError `json_too_large`.
 */
export function checkToolInputs(turns: readonly Turn[]): void {
  let weight = 0
  let length = 0
  for (const { parts } of turns)
    for (const part of parts) {
      if (part.kind !== 'tool-call') continue
      length += part.input.length
      weight += length > maxLength ? 0 : weighInput(part.input, maxWeight - weight)
      if (length <= maxLength && weight <= maxWeight) continue
      const message = `The inputs of the tool calls up to \`${part.path}\` are too long, or have too many values. Leave old calls out.`
      throw new GatewayError('json_too_large', message, { param: part.path })
    }
}

/** Characters. No model accepts more: a million tokens are about four million characters. */
const maxLength = 4 * 1_048_576
