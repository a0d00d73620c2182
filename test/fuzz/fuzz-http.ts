import * as fc from 'fast-check'
import { expect } from 'vitest'
import { ask } from '../support/ask.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { bearer, type Gateway, upstreamKey } from '../support/gateway.ts'
import { createBodyDecoder, readFraming, splitHead } from '../support/http1.ts'
import { openRawClient } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { json } from '../support/upstream-scripts.ts'
import { withDeadline } from '../support/with-deadline.ts'
import { cutAt, type Fuzzer, places, withFaults } from './fuzzer.ts'

const body = '{"model":"gpt-4.1","messages":[]}'

const headers = fc.constantFrom(
  ...[
    'accept: */*',
    'connection: keep-alive',
    'connection: close',
    'expect: 100-continue',
    'origin: https://a.example',
    'te: trailers',
  ],
  ...[
    'transfer-encoding: chunked',
    'content-length: 0',
    'content-length: 5',
    'upgrade: websocket',
    'x-a:',
    'x-a: \tb',
    'x_b: c',
    'host: b',
  ],
  ...[
    'x-forwarded-for: 1.1.1.1',
    'authorization: Bearer x',
    'content-encoding: gzip',
    'range: bytes=0-1',
    'if-none-match: *',
    `x-a: ${'a'.repeat(9_000)}`,
  ],
)

const targets = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('/v1/chat/completions', '/v1/models', '/livez', '/', '/v1/embeddings', '/graphql'),
  },
  fc.constantFrom(
    '*',
    '//',
    '/../v1/models',
    '/v1//models',
    '/%2e%2e/',
    '/%',
    '/v1/models?a=%ff#b',
    'http://weir.test/v1/models',
    'weir.test:443',
  ),
)

const heads = fc
  .tuple(
    fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE', 'PUT', 'TRACE', 'CONNECT', 'M-SEARCH'),
    targets,
    fc.array(headers, { maxLength: 3 }),
  )
  .map(([method, target, lines]) =>
    [
      `${method} ${target} HTTP/1.1`,
      'host: weir.test',
      `authorization: ${bearer.authorization}`,
      ...lines,
      '',
      '',
    ].join('\r\n'),
  )

const chat = fc
  .constantFrom(
    `content-length: ${body.length}\r\n\r\n${body}`,
    `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)};a=b\r\n${body}\r\n0\r\nx-a: b\r\n\r\n`,
  )
  .map(
    (rest) =>
      `POST /v1/chat/completions HTTP/1.1\r\nhost: weir.test\r\nauthorization: ${bearer.authorization}\r\ncontent-type: application/json\r\n${rest}`,
  )

const connections = fc
  .array(fc.oneof({ weight: 3, arbitrary: chat }, heads), { minLength: 1, maxLength: 4 })
  .map((all) => all.join(''))

const tokens = [
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  ':',
  '\0',
  '\x7f',
  'é',
  ';',
  ',',
  '0',
  '-1',
  '0x',
  'HTTP/1.1',
  'HTTP/2.0',
  '\r\n\r\n',
  'transfer-encoding: chunked\r\n',
  'content-length: 7\r\n',
]

/** The maximum number of calls that each upstream can have received so far. */
const bounds = new WeakMap<ScriptedUpstream, number>()

export const httpFuzzer: Fuzzer<readonly [Buffer, readonly number[]]> = {
  promise: 'bytes on a connection get whole responses, and the provider receives only whole, separate calls',
  inputs: fc.tuple(withFaults(connections, tokens), places),
  cases: 200,
  async attempt([bytes, cuts], { gateway, upstream }) {
    upstream.respond(json(200, chatCompletion))
    const before = upstream.requests.length
    const statuses = toStatuses(await converse(gateway, cutAt(bytes, cuts)), bytes.includes('HEAD'))
    expect(statuses.filter((status) => status >= 500 && status !== 501 && status !== 505)).toEqual([])
    const exchanges = upstream.requests.slice(before)
    // A disconnected caller's call may reach the provider after its connection has closed.
    const maxCalls = (bounds.get(upstream) ?? 0) + bytes.toString('latin1').split('/v1/').length - 1
    bounds.set(upstream, maxCalls)
    expect(upstream.requests.length).toBeLessThanOrEqual(maxCalls)
    for (const { target, headers: received, bodyText } of exchanges) {
      expect(target).toMatch(/^\/v1\/[a-z/]+$/)
      expect(received.authorization).toBe(`Bearer ${upstreamKey}`)
      // Part or none of a disconnected caller's request may have arrived.
      expect(body.startsWith(bodyText) || JSON.parse(bodyText) !== undefined).toBe(true)
    }
    return statuses.length > 0 && statuses.every((status) => status < 400)
  },
}

const lastRequest = 'GET /livez HTTP/1.1\r\nhost: weir.test\r\nconnection: close\r\n\r\n'

/**
 * Sends the pieces and a request with `connection: close`, and returns everything received until the server closes the
 * connection. If malformed bytes have swallowed that request, it ends the sending side after some calls on other
 * connections.
 */
async function converse(gateway: Gateway, pieces: readonly Uint8Array[]): Promise<Buffer> {
  const client = await openRawClient(gateway.url)
  try {
    for (const piece of [...pieces, Buffer.from(lastRequest)]) await client.send(piece).catch(() => undefined)
    let isClosed = false
    const closed = client.closed.then(() => {
      isClosed = true
    })
    for (let calls = 0; calls < 20 && !isClosed; calls++)
      expect((await ask(gateway, { target: '/livez' })).status).toBe(200)
    client.halfClose()
    await withDeadline(closed, 10_000, () => 'the connection stayed open')
    return await client.readUntil(() => true).catch(() => Buffer.alloc(0))
  } finally {
    client.destroy()
  }
}

/** Returns the statuses of the responses, each of which must be whole. A response to HEAD has no body. */
function toStatuses(received: Buffer, mayBeHead: boolean): readonly number[] {
  const statuses: number[] = []
  for (let rest: Buffer = received; rest.length > 0; ) {
    const split = splitHead(rest)
    if (split === undefined) throw new Error(`no response: ${rest.subarray(0, 200).toString('latin1')}`)
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(split.head.startLine)?.[1])
    expect(status).toBeGreaterThan(99)
    statuses.push(status)
    const isBodiless = status < 200 || status === 204 || status === 304
    const isHead = mayBeHead && (split.rest.length === 0 || split.rest.subarray(0, 9).toString() === 'HTTP/1.1 ')
    rest = isBodiless || isHead ? split.rest : skipBody(split)
  }
  return statuses
}

function skipBody({ head, rest }: NonNullable<ReturnType<typeof splitHead>>): Buffer {
  const decoder = createBodyDecoder(readFraming(head, 'answer'))
  const { rest: left } = decoder.push(rest)
  expect(decoder.isComplete).toBe(true)
  return left
}
