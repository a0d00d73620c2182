import { expect, test } from 'vitest'
import { delta, streamed, words } from '../pipeline/sessions/answers.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { rateLimitError } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, type Gateway, toOpenAIEnv } from '../support/gateway.ts'
import { kernelBufferBytes } from '../support/kernel-buffers.ts'
import { openRawClient, type RawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { untilStalled } from '../support/until-stalled.ts'
import { flood, json, silent, sse } from '../support/upstream-scripts.ts'
import { createGraphqlClient, documents, type Message, type ReplyEvent, readEvents, stream } from './graphql-client.ts'

const messages = [{ role: 'user', content: 'Hello' }]
const oneSecondMs = 1_000
const mebibyte = 1_048_576

interface Streamed {
  readonly streamAIResponse: ReplyEvent
}

describeOnBothStored('a GraphQL subscription', (_start, { share }) => {
  async function open() {
    const { upstream, gateway } = await share((scripted) => ({
      env: { ...toOpenAIEnv(scripted), MODELS_RETIRED: 'off' },
    }))
    upstream.respond(streamed('Hello', ' there', '!'))
    return { upstream, gateway, ...createGraphqlClient(gateway) }
  }

  test('streams deltas and ends with the message as its session stores it', async () => {
    const { subscribe, ask, upstream } = await open()
    const created = await ask<{ createSession: { sessionId: string } }>(documents.createSession)
    const { sessionId } = created.body.data.createSession
    const response = await subscribe(stream, { input: { messages, sessionId } })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(response.headers.get('cache-control')).toContain('no-store')
    const text = await response.text()
    const events = readEvents<Streamed>(text).map(({ data }) => data.streamAIResponse)
    expect(events.map((event) => event.delta)).toEqual(['Hello', ' there', '!', ''])
    expect(events.slice(0, -1).every(({ message }) => message === null)).toBe(true)
    expect(text.endsWith('event: complete\ndata:\n\n')).toBe(true)
    const history = await ask<{ chatHistory: Message[] }>(documents.chatHistory, { sessionId })
    const [prompt, reply] = history.body.data.chatHistory
    expect(prompt).toMatchObject({ content: 'Hello', isUser: true })
    expect(reply).toMatchObject({ content: 'Hello there!', isUser: false })
    expect(events.at(-1)?.message).toEqual({
      ...{ id: reply?.id, content: 'Hello there!', isUser: false, isComplete: true, position: 2 },
    })
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ stream: true, temperature: 0.7, max_tokens: 1000 })
  })

  test('needs no session', async () => {
    const { subscribe } = await open()
    const events = readEvents<Streamed>(await (await subscribe(stream, { input: { messages } })).text())
    expect(events.at(-1)?.data.streamAIResponse).toEqual({
      delta: '',
      message: {
        id: expect.stringMatching(/^msg_/),
        ...{ content: 'Hello there!', isUser: false, isComplete: true, position: null },
      },
    })
  })

  test('delivers a reply at once if the provider does not stream', async () => {
    const { subscribe, upstream } = await open()
    upstream.respond(words('All of it'))
    const events = readEvents<Streamed>(await (await subscribe(stream, { input: { messages } })).text())
    expect(events.map(({ data }) => data.streamAIResponse.delta)).toEqual(['All of it', ''])
  })

  test('ends with one error if the provider refuses, and with one after the deltas if its stream breaks off', async () => {
    const { subscribe, upstream } = await open()
    upstream.respond(json(429, rateLimitError))
    const refused = readEvents(await (await subscribe(stream, { input: { messages } })).text())
    expect(refused).toMatchObject([{ errors: [{ extensions: { code: 'rate_limit_exceeded', status: 429 } }] }])
    upstream.respond(sse([delta({ content: 'Hel' })], { cutAfterEvents: 1 }))
    const [first, second, ...rest] = readEvents<Streamed>(
      await (await subscribe(stream, { input: { messages } })).text(),
    )
    expect(first?.data.streamAIResponse.delta).toBe('Hel')
    expect(second?.errors).toMatchObject([{ extensions: { code: 'upstream_interrupted', status: 502 } }])
    expect(rest).toEqual([])
  })

  test('S50 a line break in a delta or an error adds no field and no event', async () => {
    const { subscribe, upstream } = await open()
    const breaks = ['\n\n', '\r\r', '\r\n\r\n', '\u2028\u2028', '\n', '\r']
    const hostile = breaks.map((end) => `${end}event: complete${end}data: {"data":null}${end}id: 7${end}retry: 1${end}`)
    upstream.respond(streamed(...hostile))
    const text = await (await subscribe(stream, { input: { messages } })).text()
    const events = readEvents<Streamed>(text).map(({ data }) => data.streamAIResponse.delta)
    expect(events).toEqual([...hostile, ''])
    expect(fieldsOf(text)).toEqual([
      ...Array(hostile.length + 1)
        .fill(['event', 'data'])
        .flat(),
      'event',
      'data',
    ])
    const message = hostile.join('')
    upstream.respond(sse([delta({ content: 'Hel' }), { error: { message, code: 'server_error' } }]))
    const failed = await (await subscribe(stream, { input: { messages } })).text()
    expect(readEvents(failed).at(-1)?.errors).toMatchObject([{ extensions: { code: 'server_error' } }])
    expect(fieldsOf(failed)).toEqual(Array(3).fill(['event', 'data']).flat())
  })

  test.each([
    [{ detail: 'No capacity.' }, { message: 'No capacity.', extensions: { code: 'upstream_error', status: 502 } }],
    [{ error: 'No capacity.' }, { message: 'No capacity.', extensions: { code: 'upstream_error', status: 502 } }],
    [{ success: false }, { extensions: { code: 'upstream_error', status: 502 } }],
  ])('case A5: %j in the middle is an error', async (failure, expected) => {
    const { subscribe, upstream } = await open()
    upstream.respond(sse([delta({ content: 'Hel' }), failure]))
    const events = readEvents<Streamed>(await (await subscribe(stream, { input: { messages } })).text())
    expect(events.at(-1)?.errors).toMatchObject([expected])
  })

  test('an error of the provider in the middle keeps its message', async () => {
    const { subscribe, upstream } = await open()
    upstream.respond(sse([delta({ content: 'Hel' }), { error: { message: 'Overloaded', code: 'server_error' } }]))
    const events = readEvents<Streamed>(await (await subscribe(stream, { input: { messages } })).text())
    expect(events.at(-1)?.errors).toMatchObject([{ message: 'Overloaded', extensions: { code: 'server_error' } }])
  })
})

/** Returns the field names that an event stream parser finds, in order. */
function fieldsOf(text: string): readonly string[] {
  return text
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map((line) => line.split(':', 1)[0] ?? '')
}

describeOnBoth('a client of a GraphQL subscription', (start, { runtime, startUpstream }) => {
  async function open() {
    const upstream = await startUpstream()
    return { upstream, gateway: await start({ env: toOpenAIEnv(upstream) }) }
  }

  test('receives each delta without delay', async () => {
    const { upstream, gateway } = await open()
    const gate = createGate()
    upstream.respond(sse([delta({ content: 'Hello' }), gate, delta({ content: ' there' }), delta({}, 'stop')]))
    const client = await sendSubscription(gateway)
    const response = await client.startResponse()
    expect(await response.bodyUntil('"delta":"Hello"')).not.toContain('there')
    gate.open()
    expect((await response.whole()).text).toContain('"content":"Hello there"')
    client.destroy()
  })

  test('R01 that disconnects closes the upstream within a second and is logged as `client_gone`', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse([delta({ content: 'Hello' }), createGate()]))
    const client = await sendSubscription(gateway)
    await (await client.startResponse()).bodyUntil('"delta":"Hello"')
    const exchange = await upstream.nextRequest()
    const leftAt = performance.now()
    client.reset()
    expect((await exchange.closed) - leftAt).toBeLessThan(oneSecondMs)
    for (const route of ['chat.completions', 'graphql']) {
      expect(await gateway.findLog((line) => line.route === route)).toMatchObject({ outcome: 'client_gone' })
    }
  })

  test('R02 that disconnects before the first delta closes the upstream too', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(silent())
    const client = await sendSubscription(gateway)
    const exchange = await upstream.nextRequest()
    const leftAt = performance.now()
    client.reset()
    expect((await exchange.closed) - leftAt).toBeLessThan(oneSecondMs)
  })

  test('R08 that does not read slows the provider down', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(flood({ totalBytes: 256 * mebibyte }))
    const client = await sendSubscription(gateway)
    await client.startResponse()
    client.pause()
    const exchange = await upstream.nextRequest()
    expect(await untilStalled(exchange)).toBeLessThan(32 * mebibyte + kernelBufferBytes)
    client.reset()
  })

  test.runIf(runtime === 'node')('receives an error when the server shuts down', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse([delta({ content: 'Hello' }), createGate()]))
    const client = await sendSubscription(gateway)
    const response = await client.startResponse()
    await response.bodyUntil('"delta":"Hello"')
    const [{ text }] = await Promise.all([response.whole(), gateway.close()])
    expect(text).toContain('"code":"draining"')
    expect(text.endsWith('event: complete\ndata:\n\n')).toBe(true)
  })
})

async function sendSubscription(gateway: Gateway): Promise<RawClient> {
  const client = await openRawClient(gateway.url)
  const body = { query: stream, variables: { input: { messages } } }
  await client.send(toRequestBytes({ target: '/graphql', headers: { ...bearer, accept: 'text/event-stream' }, body }))
  return client
}
