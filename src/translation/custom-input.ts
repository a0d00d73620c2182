import { parseJsonObject } from '../core/json.ts'

/** The input of a custom tool where only functions exist: its text in one string. */
export const customInputSchema = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
} as const

/** Returns the text of a custom tool's input from the arguments of such a function. */
export function toCustomInput(json: string): string {
  const input = parseJsonObject(json)?.input
  // A call that was cut short is no JSON.
  return typeof input === 'string' ? input : json
}
