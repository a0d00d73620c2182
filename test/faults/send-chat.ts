import { chatRequest } from '../support/fixtures.ts'
import { bearer, type Gateway } from '../support/gateway.ts'
import { openRawClient, type RawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'

export const chatPath = '/v1/chat/completions'

export interface ChatOptions {
  /** Default: true. */
  readonly stream?: boolean
  /** Additional fields of the body. */
  readonly fields?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a chat call on a new connection. */
export async function sendChat(gateway: Gateway, options: ChatOptions = {}): Promise<RawClient> {
  const client = await openRawClient(gateway.url)
  await client.send(toChatBytes(options))
  return client
}

/** Renders a chat call as the bytes of a request. */
export function toChatBytes({ stream = true, fields, headers }: ChatOptions = {}): string {
  const body = { ...chatRequest, ...(stream && { stream }), ...fields }
  return toRequestBytes({ target: chatPath, headers: { ...bearer, ...headers }, body })
}
