import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatCompletion } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, type Gateway, gatewayToken } from '../support/gateway.ts'
import { openRawClient, type RawClient } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { after, answer, json, silent, sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'

const firstWord = '"content":"Hello"'
/** 19 input tokens at 1 USD per million, and 2 output tokens at 10. */
const wholeCostNano = 19 * 1_000 + 2 * 10_000

/** Two upstreams: Weir aborts calls to the first if the caller disconnects, and drains calls to the second. */
function toConfig(aborts: ScriptedUpstream, drains: ScriptedUpstream, drainMs = 10_000) {
  const price = { input: 1, output: 10 }
  return {
    providers: {
      aborts: { base_url: aborts.url, models: ['m'] },
      drains: { base_url: drains.url, models: ['m'], on_caller_gone: 'drain' },
    },
    prices: { 'aborts/m': price, 'drains/m': price },
    streams: { drain_ms: drainMs },
  }
}

const env = { TOKEN: gatewayToken }
const callTo = (provider: string) => ({ fields: { model: `${provider}/m` } })

describeOnBoth('R03 a caller who disconnects', (start, { startUpstream }) => {
  test('R03 ends the stream of an aborting provider, and Weir drains that of a draining one up to its usage', async () => {
    const [aborts, drains] = [await startUpstream(), await startUpstream()]
    const gateway = await start({ env, config: toConfig(aborts, drains) })
    const step = createGate()
    for (const upstream of [aborts, drains])
      upstream.respond(sse([...chatChunksWithUsage.slice(0, 2), step, ...chatChunksWithUsage.slice(2)]))
    for (const [provider, upstream] of [['aborts', aborts] as const, ['drains', drains] as const]) {
      const client = await sendChat(gateway, callTo(provider))
      await (await client.startResponse()).bodyUntil(firstWord)
      const exchange = await upstream.nextRequest()
      await leave(client, gateway)
      if (provider === 'aborts') await exchange.closed
    }
    const left = { outcome: 'client_gone', status: 200, stream: true }
    expect(await gateway.findLog(({ provider }) => provider === 'aborts')).toMatchObject(left)
    expect(gateway.logs().filter(({ provider }) => provider === 'drains')).toEqual([])
    step.open()
    const drained = await gateway.findLog(({ provider }) => provider === 'drains')
    expect(drained).toMatchObject({ ...left, input_tokens: 19, output_tokens: 2, finish_reason: 'stop' })
    expect(gateway.logs().find(({ provider }) => provider === 'aborts')).not.toHaveProperty('input_tokens')
    expect(gateway.logs().filter(({ event }) => event === 'call')).toHaveLength(2)
  })

  test('R03 the log counts the bytes that the caller received, not the drained ones', async () => {
    const upstream = await startUpstream()
    const step = createGate()
    upstream.respond(sse([...chatChunksWithUsage.slice(0, 2), step, ...chatChunksWithUsage.slice(2)]))
    const gateway = await start({ env, config: toConfig(upstream, upstream) })
    const client = await sendChat(gateway, callTo('drains'))
    const received = await (await client.startResponse()).bodyUntil(firstWord)
    await leave(client, gateway)
    step.open()
    const { bytes_out: bytesOut = 0 } = await gateway.findLog()
    // Some bytes may be in transit when the caller disconnects.
    expect(bytesOut).toBeLessThanOrEqual(received.length + 600)
  })

  test.each([
    { name: 'a whole response', stream: false },
    { name: 'a stream', stream: true },
  ])('R03 Weir drains $name if the caller disconnects before its first byte', async ({ stream }) => {
    const upstream = await startUpstream()
    const gate = createGate()
    const script = stream ? sse(chatChunksWithUsage) : json(200, chatCompletion)
    upstream.respond(after(gate, script))
    const gateway = await start({ env, config: toConfig(upstream, upstream) })
    const client = await sendChat(gateway, { stream, ...callTo('drains') })
    await upstream.nextRequest()
    await leave(client, gateway)
    gate.open()
    expect(await gateway.findLog()).toMatchObject({
      ...{ outcome: 'client_gone', input_tokens: 19, output_tokens: stream ? 2 : 10, finish_reason: 'stop' },
    })
    expect(upstream.requests).toHaveLength(1)
  })

  test('R03 Weir drains a stream if the caller disconnects between the headers and the first event', async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respond(after(gate, sse(chatChunksWithUsage)))
    const config = toConfig(upstream, upstream)
    const streams = { ...config.streams, hold_headers_ms: 50, heartbeat_ms: 50 }
    const gateway = await start({ env, config: { ...config, streams } })
    const client = await sendChat(gateway, callTo('drains'))
    await upstream.nextRequest()
    await client.readUntil(': keep-alive')
    await leave(client, gateway)
    gate.open()
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone', input_tokens: 19, output_tokens: 2 })
  })

  test('R03 Weir also drains binary data, and can reuse the connection', async () => {
    const upstream = await startUpstream()
    const step = createGate()
    upstream.respond(answer(['ab', step, 'cd'], { headers: { 'content-type': 'audio/mpeg' } }))
    const gateway = await start({ env, config: toConfig(upstream, upstream) })
    const client = await openRawClient(gateway.url)
    const body = { model: 'drains/m', input: 'Hello', voice: 'alloy' }
    await client.send(toRequestBytes({ target: '/v1/audio/speech', headers: bearer, body }))
    await (await client.startResponse()).bodyUntil('ab')
    await leave(client, gateway)
    step.open()
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone', bytes_out: 2 })
    expect(upstream.requests).toHaveLength(1)
  })

  test.each([
    { name: 'sends nothing', talks: false },
    { name: 'never ends', talks: true },
  ])('R03 Weir drains no longer than `drain_ms` if the provider $name', async ({ talks }) => {
    const upstream = await startUpstream()
    upstream.respond(talks ? sse([...chatChunksWithUsage.slice(0, 2), createGate()]) : silent())
    const gateway = await start({ env, config: toConfig(upstream, upstream, 300) })
    const client = await sendChat(gateway, callTo('drains'))
    const exchange = await upstream.nextRequest()
    if (talks) await (await client.startResponse()).bodyUntil(firstWord)
    const leftAt = await leave(client, gateway)
    const drainedMs = (await exchange.closed) - leftAt
    expect(drainedMs).toBeGreaterThan(200)
    expect(drainedMs).toBeLessThan(2_000)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone' })
  })

  test('R03 R11 a provider that breaks off while Weir drains it leaves one log line', async () => {
    const upstream = await startUpstream()
    const step = createGate()
    upstream.respond(sse([...chatChunksWithUsage.slice(0, 2), step], { ending: 'reset' }))
    const gateway = await start({ env, config: toConfig(upstream, upstream) })
    const client = await sendChat(gateway, callTo('drains'))
    await (await client.startResponse()).bodyUntil(firstWord)
    await leave(client, gateway)
    step.open()
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone' })
    expect(gateway.logs().filter(({ event }) => event === 'call')).toHaveLength(1)
  })
})

describeOnBothStored('R03 the records of a caller who disconnects', (start, { startUpstream }) => {
  test('R03 R04 have an estimate after an abort, and the provider’s usage after a drain', async () => {
    const [aborts, drains] = [await startUpstream(), await startUpstream()]
    const gateway = await start({ env, config: toConfig(aborts, drains) })
    for (const [provider, upstream] of [['aborts', aborts] as const, ['drains', drains] as const]) {
      const step = createGate()
      upstream.respond(sse([...chatChunksWithUsage.slice(0, 3), step, ...chatChunksWithUsage.slice(3)]))
      const client = await sendChat(gateway, callTo(provider))
      await (await client.startResponse()).bodyUntil('"content":" there"')
      await leave(client, gateway)
      if (provider === 'drains') step.open()
      await gateway.findLog((line) => line.provider === provider)
    }
    await gateway.flushLedger()
    const lines = gateway.logs().filter(({ event }) => event === 'call')
    const rows = await gateway.sql(
      'SELECT provider, outcome, cost_source, cost_nano FROM call_records ORDER BY provider',
    )
    expect(rows).toMatchObject([
      { provider: 'aborts', outcome: 'client_gone', cost_source: 'estimated' },
      { provider: 'drains', outcome: 'client_gone', cost_source: 'usage', cost_nano: wholeCostNano },
    ])
    expect(Number(rows[0]?.cost_nano)).toBeGreaterThan(0)
    expect(lines.map((line) => line.cost_nano_usd).sort()).toEqual(rows.map((row) => row.cost_nano).sort())
  })
})

/**
 * workerd notices a regular close only when it writes; both notice a reset at once. Resolves once the gateway has
 * noticed.
 */
async function leave(client: RawClient, gateway: Gateway): Promise<number> {
  if (gateway.runtime === 'workerd') client.reset()
  else client.destroy()
  const leftAt = performance.now()
  await client.closed
  await passTime(gateway)
  return leftAt
}

/** Waits for later responses: by then the server has processed the earlier events. */
async function passTime(gateway: Gateway): Promise<void> {
  for (let count = 0; count < 3; count++) await ask(gateway, { target: '/livez' })
}
