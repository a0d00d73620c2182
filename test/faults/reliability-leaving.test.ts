import { expect, test } from 'vitest'
import { closedAddress } from '../support/closed-address.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { type Gateway, type Runtime, toOpenAIEnv } from '../support/gateway.ts'
import type { RawClient } from '../support/raw-client.ts'
import { json, silent, sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'

const firstWord = '"content":"Hello"'
const oneSecondMs = 1_000

describeOnBoth('a caller who disconnects', (start, { runtime, startUpstream }) => {
  test('R01 R06 Weir closes the upstream within a second and logs one line `client_gone`', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([...chatChunks.slice(0, 2), createGate()]))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await sendChat(gateway)
    const response = await client.startResponse()
    await response.bodyUntil(firstWord)
    const exchange = await upstream.nextRequest()
    const leftAt = leave(client, runtime)
    expect((await exchange.closed) - leftAt).toBeLessThan(oneSecondMs)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone', status: 200, stream: true })
    expect(callsIn(gateway)).toHaveLength(1)
    expect(upstream.requests).toHaveLength(1)
  })

  test('R01 Weir notices a regular close at the next event of a continuing upstream', async () => {
    const upstream = await startUpstream()
    const steps = Array.from({ length: 200 }, createGate)
    upstream.respond(sse([...chatChunks.slice(0, 2), ...steps.flatMap((step) => [step, words(1)])]))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await sendChat(gateway)
    await (await client.startResponse()).bodyUntil(firstWord)
    const exchange = await upstream.nextRequest()
    client.destroy()
    await client.closed
    for (const step of steps) step.open()
    await exchange.played
    await exchange.closed
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone' })
  })

  test('R01 Weir closes the upstream of an unstreamed call', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await sendChat(gateway, { stream: false })
    const exchange = await upstream.nextRequest()
    const leftAt = leave(client, runtime)
    expect((await exchange.closed) - leftAt).toBeLessThan(oneSecondMs)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone', status: 499 })
  })

  test('R02 Weir closes the upstream if the caller disconnects before the first byte', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await sendChat(gateway)
    const exchange = await upstream.nextRequest()
    const leftAt = leave(client, runtime)
    expect((await exchange.closed) - leftAt).toBeLessThan(oneSecondMs)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone' })
  })

  test('R02 after the headers, a heartbeat detects that the caller has disconnected', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const config = { streams: { hold_headers_ms: 50, heartbeat_ms: 50 } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const client = await sendChat(gateway)
    const exchange = await upstream.nextRequest()
    await client.readUntil(': keep-alive')
    client.destroy()
    await exchange.closed
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone' })
  })

  test('R02 the first-byte timeout closes the upstream if Weir does not notice the disconnect', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const config = { timeouts: { first_byte_ms: 300 } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const client = await sendChat(gateway)
    const exchange = await upstream.nextRequest()
    client.halfClose()
    await exchange.closed
    const outcome = { node: { outcome: 'client_gone' }, workerd: { error_code: 'upstream_first_byte_timeout' } }
    expect(await gateway.findLog()).toMatchObject(outcome[runtime])
  })

  test('R06 the log distinguishes a refused call, a silent one and one with output', async () => {
    const upstream = await startUpstream()
    upstream.respondNext(silent(), sse([...chatChunks.slice(0, 2), createGate()]))
    const config = { providers: { down: { base_url: `http://${closedAddress}/v1` } } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    for (const isSilent of [true, false]) {
      const client = await sendChat(gateway)
      await upstream.nextRequest()
      if (!isSilent) await (await client.startResponse()).bodyUntil(firstWord)
      leave(client, runtime)
      await client.closed
    }
    const refused = await (await sendChat(gateway, { fields: { model: 'down/model' } })).readResponse()
    expect(refused.status).toBe(502)
    await gateway.findLog(() => callsIn(gateway).length === 3)
    const rows = callsIn(gateway).map(({ outcome, bytes_out, error_code }) => ({
      outcome,
      error_code,
      hasOutput: (bytes_out ?? 0) > 0,
    }))
    expect(rows).toEqual(
      expect.arrayContaining([
        { outcome: 'client_gone', error_code: undefined, hasOutput: false },
        { outcome: 'client_gone', error_code: undefined, hasOutput: true },
        { outcome: 'upstream_error', error_code: 'upstream_unreachable', hasOutput: expect.any(Boolean) as boolean },
      ]),
    )
  })

  test('R25 no upstream socket and no call remains after 300 callers have disconnected at every stage', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    upstream.respond(silent())
    await leaveInCrowd(gateway, 100, async () => {})
    upstream.respond(sse([...chatChunks.slice(0, 2), createGate()]))
    await leaveInCrowd(gateway, 100, async (client) => void (await client.readUntil('HTTP/1.1 200')))
    await leaveInCrowd(gateway, 100, async (client) => void (await client.readUntil(firstWord)))
    await upstream.socketsDownTo(0, 10_000)
    await gateway.findLog(() => callsIn(gateway).length >= upstream.requests.length, 10_000)
    expect(upstream.requests.length).toBeGreaterThanOrEqual(200)
    expect(callsIn(gateway).filter(({ outcome }) => outcome !== 'client_gone')).toEqual([])
    upstream.respond(json(200, chatCompletion))
    expect((await (await sendChat(gateway, { stream: false })).readResponse()).status).toBe(200)
    expect(upstream.openSockets).toBeLessThanOrEqual(1)
  })
})

/** workerd notices a regular close only when it writes; both notice a reset at once. */
function leave(client: RawClient, runtime: Runtime): number {
  if (runtime === 'workerd') client.reset()
  else client.destroy()
  return performance.now()
}

async function leaveInCrowd(
  gateway: Gateway,
  count: number,
  stay: (client: RawClient) => Promise<void>,
): Promise<void> {
  const crowd = 20
  for (let done = 0; done < count; done += crowd) {
    await Promise.all(
      Array.from({ length: crowd }, async () => {
        const client = await sendChat(gateway)
        await stay(client)
        client.reset()
        await client.closed
      }),
    )
  }
}

function callsIn(gateway: Gateway) {
  return gateway.logs().filter(({ event }) => event === 'call')
}

function words(count: number): object {
  return { choices: [{ index: 0, delta: { content: ' word'.repeat(count) }, finish_reason: null }] }
}
