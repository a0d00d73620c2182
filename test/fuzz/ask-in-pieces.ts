import { expect } from 'vitest'
import { bearer, type Gateway } from '../support/gateway.ts'
import { encodeChunk, lastChunk } from '../support/http1.ts'
import { openRawClient, type RawResponse } from '../support/raw-client.ts'

/** Posts each piece as a chunk and reads the whole response. */
export async function post(
  gateway: Gateway,
  target: string,
  type: string,
  pieces: readonly Uint8Array[],
  headers = '',
): Promise<RawResponse> {
  const client = await openRawClient(gateway.url)
  try {
    const head = `POST ${target} HTTP/1.1\r\nhost: weir.test\r\nauthorization: ${bearer.authorization}\r\ncontent-type: ${type}\r\n${headers}transfer-encoding: chunked\r\n\r\n`
    const chunks = pieces.filter(({ length }) => length > 0).map(encodeChunk)
    const parts = [Buffer.from(head, 'latin1'), ...chunks, lastChunk]
    // workerd resets the connection of a caller that is still sending when its request is refused, and the error
    // response is lost.
    const sends = gateway.runtime === 'node' ? parts : [Buffer.concat(parts)]
    // Weir may refuse the request and close the connection before it has read everything.
    const sent = sendAll(sends, client.send).catch(() => undefined)
    const response = await client.readResponse()
    await sent
    return response
  } finally {
    client.destroy()
  }
}

async function sendAll(pieces: readonly Uint8Array[], send: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  for (const piece of pieces) await send(piece)
}

/** A client error in OpenAI's shape. */
export function expectRefusal(response: RawResponse): void {
  expect(response.status, response.text).toBeGreaterThanOrEqual(400)
  expect(response.status, response.text).toBeLessThan(500)
  expect(response.isComplete).toBe(true)
  expect(JSON.parse(response.text)).toEqual({
    error: {
      message: expect.any(String),
      type: expect.any(String),
      param: expect.toSatisfy(isParam),
      code: expect.any(String),
    },
  })
}

function isParam(param: unknown): boolean {
  return param === null || typeof param === 'string'
}
