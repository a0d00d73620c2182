import type { Settings } from '../config/settings.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** S21: some upstreams repeat the key that they refuse, and the caller must not learn it. Other bytes stay as they are. */
export function hideKeys(body: Uint8Array, { providers }: Settings): Uint8Array {
  const text = decoder.decode(body)
  const keys = providers.flatMap(({ apiKey }) => (apiKey === undefined || !text.includes(apiKey) ? [] : [apiKey]))
  if (keys.length === 0) return body
  return encoder.encode(keys.reduce((hidden, key) => hidden.replaceAll(key, '[hidden]'), text))
}
