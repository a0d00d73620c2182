import type { ParsedJsonBody } from '../openai/parse-json-body.ts'

/** A body of the fields that were given. GraphQL's null says that a field was left out. */
export function toJsonBody(fields: Readonly<Record<string, unknown>>): ParsedJsonBody {
  const object = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
  return { text: JSON.stringify(object), object }
}
