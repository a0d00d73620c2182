import { type JsonObject, parseJsonObject } from '../core/json.ts'
import type { ToolCallPart } from './prompt.ts'

/**
 * Returns the input of a call as an object. It is text in `input` for a custom tool, if a model cut it short, or if it
 * nests too deep to be written.
 */
export function toToolInput({ input, isCustom }: Pick<ToolCallPart, 'input' | 'isCustom'>): JsonObject {
  if (isCustom === true) return { input }
  if (input.trim() === '') return {}
  const parsed = parseJsonObject(input)
  return parsed === undefined || isDeeper(parsed, maxDepth) ? { input } : parsed
}

/** `JSON.stringify` throws from a depth of about 10,000. */
const maxDepth = 64

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1))
}
