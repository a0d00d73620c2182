import { expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatChunksWithUsage } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { type Gateway, toOpenAIEnv } from '../support/gateway.ts'
import type { RawClient } from '../support/raw-client.ts'
import { sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'

/** A stream with requested usage needs no change, and workerd offloads it to its native pipe (docs/decisions/0012). */
const asking = { fields: { stream_options: { include_usage: true } } }

const [first, ...others] = chatChunks
const started = [first ?? '', ...others.slice(0, 1)]
const words = Array.from({ length: 40 }, () => others[0] ?? '')
const firstWord = '"content":"Hello"'

describeOnBoth('a stream that needs no change', (start, { startUpstream }) => {
  test('passes byte for byte, and is counted by its provider’s usage', async () => {
    const upstream = await startUpstream()
    const events = [...started, ...words, ...chatChunksWithUsage.slice(2)]
    upstream.respond(sse(events))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const response = await (await sendChat(gateway, asking)).readResponse()
    expect(response.text).toBe([...events.map((event) => JSON.stringify(event)), '[DONE]'].map(toEvent).join(''))
    const counted = { outcome: 'ok', input_tokens: 19, output_tokens: 2, finish_reason: 'stop' }
    expect(await gateway.findLog()).toMatchObject({ ...counted, bytes_out: response.body.length })
  })

  test.each(['reset', 'fin'] as const)(
    'R11 R12 ends with an error event and no `[DONE]` if it breaks off (%s)',
    async (ending) => {
      const upstream = await startUpstream()
      const [going, breaking] = [createGate(), createGate()]
      upstream.respond(sse([...started, going, ...words, breaking, 'data: {"id":'], { ending, doneAtEnd: false }))
      const gateway = await start({ env: toOpenAIEnv(upstream) })
      const { response } = await readFirstWord(gateway)
      going.open()
      await response.bodyUntil(hasAllWords)
      // workerd may lose bytes that arrive together with a reset.
      breaking.open()
      const { text, isComplete } = await response.whole()
      const events = text.split('\n\n').filter(Boolean)
      expect(isComplete).toBe(true)
      expect(events.filter((event) => event.includes(firstWord))).toHaveLength(words.length + 1)
      expect(JSON.parse(events.at(-1)?.slice('data: '.length) ?? '')).toMatchObject({
        error: { code: 'upstream_interrupted' },
      })
      expect(text).not.toContain('[DONE]')
      expect(await gateway.findLog()).toMatchObject({ outcome: 'interrupted', error_code: 'upstream_interrupted' })
    },
  )

  test('R01 R06 is cancelled within a second if its caller disconnects, who is charged for the bytes so far', async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respond(sse([...started, gate, ...words, createGate()]))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const { response, client } = await readFirstWord(gateway)
    gate.open()
    const seen = await response.bodyUntil(hasAllWords)
    const exchange = await upstream.nextRequest()
    client.reset()
    const leftAt = performance.now()
    expect((await exchange.closed) - leftAt).toBeLessThan(1_000)
    const line = await gateway.findLog()
    expect(line).toMatchObject({ outcome: 'client_gone', bytes_out: Buffer.byteLength(seen) })
    expect(gateway.logs().filter(({ event }) => event === 'call')).toHaveLength(1)
  })

  test('R17 continues after a silence with heartbeats, and repeats no event', { timeout: 30_000 }, async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respond(sse([...started, ...words, gate, ...others]))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { streams: { heartbeat_ms: 5_000 } } })
    const { response } = await readFirstWord(gateway)
    await response.bodyUntil(': keep-alive', 15_000)
    gate.open()
    const { text } = await response.whole()
    const events = text.split('\n\n').filter((event) => event.startsWith('data: '))
    expect(events).toEqual([
      ...[...started, ...words, ...others].map((event) => `data: ${JSON.stringify(event)}`),
      'data: [DONE]',
    ])
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', finish_reason: 'stop' })
  })

  test('R16 ends with an error event at the total timeout', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([...started, ...words, createGate()]))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { timeouts: { total_ms: 1_500 } } })
    const { response } = await readFirstWord(gateway)
    const { text } = await response.whole()
    expect(text).toContain('"code":"upstream_total_timeout"')
    expect(await gateway.findLog()).toMatchObject({ outcome: 'interrupted', error_code: 'upstream_total_timeout' })
    await (await upstream.nextRequest()).closed
  })
})

async function readFirstWord(gateway: Gateway) {
  const client: RawClient = await sendChat(gateway, asking)
  const response = await client.startResponse()
  await response.bodyUntil(firstWord)
  return { client, response }
}

function hasAllWords(body: Buffer): boolean {
  return body.toString().split(firstWord).length > words.length + 1
}

function toEvent(data: string): string {
  return `data: ${data}\n\n`
}
