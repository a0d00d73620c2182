export type JsonObject = { readonly [name: string]: unknown }

/** True for `{…}`; false for arrays and null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
