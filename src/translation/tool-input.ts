import { type JsonObject, parseJsonObject } from '../core/json.ts'

/** Returns the input of a call as an object; its text in `input` if a model cut it short, or if it nests too deep to be written. */
export function toToolInput(json: string): JsonObject {
  if (json.trim() === '') return {}
  const input = parseJsonObject(json)
  return input === undefined || isDeeper(input, maxDepth) ? { input: json } : input
}

/** `JSON.stringify` throws from a depth of about 10,000. */
const maxDepth = 64

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1))
}
