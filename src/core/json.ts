export type JsonObject = { readonly [name: string]: unknown }

/** True for `{…}`; false for arrays and null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses a JSON object; returns undefined for anything else. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Returns a string; undefined for any other value. */
export function toOptionalString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Creates a record without a prototype: looking up `constructor` returns undefined. */
export function toRecord<Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}
