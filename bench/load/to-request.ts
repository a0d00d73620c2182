import { benchToken } from '../gateways/bench-secrets.ts'
import type { Load } from './load.ts'

/** Returns the headers without host and length. */
export function headersOf({ headers }: Pick<Load, 'headers'>): Readonly<Record<string, string>> {
  return {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'OpenAI/JS 7.57.0',
    authorization: `Bearer ${benchToken}`,
    ...headers,
  }
}

/** Returns the bytes of one call, as OpenAI's SDK sends it. */
export function toRequest(load: Pick<Load, 'origin' | 'path' | 'headers' | 'body'>): Buffer {
  const lines = Object.entries(headersOf(load)).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `POST ${load.path} HTTP/1.1\r\nhost: ${new URL(load.origin).host}\r\n${lines.join('')}`
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(load.body)}\r\n\r\n${load.body}`)
}
