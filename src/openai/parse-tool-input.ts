import { type JsonObject, parseJsonObject } from '../core/json.ts'
import { JsonMeter } from './scan-json.ts'

/**
 * Parses the input that a model wrote for a tool. Input that is no object, because the model cut it short, or that
 * would take long to parse or nests too deep to be written, becomes text in `input`.
 */
export function parseToolInput(text: string): JsonObject {
  if (text.trim() === '') return {}
  const parsed = weighInput(text, maxWeight) > maxWeight ? undefined : parseJsonObject(text)
  return parsed === undefined || isDeeper(parsed, maxDepth) ? { input: text } : parsed
}

/** In units of `JsonMeter`, as much as a body may have: then `JSON.parse` takes under 40 ms. */
export const maxWeight = 400_000

/** `JSON.stringify` throws from a depth of about 10,000. */
const maxDepth = 64

/** Returns the weight of a JSON text in units of `JsonMeter`, at least up to `enough`. */
export function weighInput(text: string, enough: number): number {
  const meter = new JsonMeter()
  for (let at = 0; at < text.length && meter.weight <= enough; at += pieceLength)
    meter.push(text.slice(at, at + pieceLength))
  return meter.weight
}

const pieceLength = 64 * 1_024

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1))
}
