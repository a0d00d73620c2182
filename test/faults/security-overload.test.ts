import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest } from '../support/fixtures.ts'
import { bearer, type Gateway, type StartGateway, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient, type RawClient } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { answer, json, sse } from '../support/upstream-scripts.ts'

const target = '/v1/chat/completions'
const mebibyte = 1_048_576
const patience = { timeout: 15_000 }

/** Long calls may buffer half of it, minus a small part reserved for short calls. */
const config = { server: { max_buffered_bytes: 4 * mebibyte } }

const head = `POST ${target} HTTP/1.1\r\nhost: x\r\nauthorization: ${bearer.authorization}\r\ncontent-type: application/json`

const withText = (bytes: number) => ({ ...chatRequest, messages: [{ role: 'user', content: 'x'.repeat(bytes) }] })

describeOnBoth('a server at its buffer limit (server.max_buffered_bytes)', (start, { startUpstream }) => {
  test('case D3: refuses a long body, accepts short ones, and accepts all again after others have disconnected (S87)', async () => {
    const { gateway } = await startFull(start, await startUpstream())
    const other = await fill(gateway)
    const refusal = await ask(gateway, { target, body: withText(mebibyte) })
    expectError(refusal, { code: 'overloaded', message: /max_buffered_bytes/ })
    expect(Number(refusal.header('retry-after'))).toBeGreaterThan(0)
    expect((await ask(gateway, { target, body: chatRequest })).status).toBe(200)
    other.reset()
    await expect.poll(async () => (await ask(gateway, { target, body: withText(mebibyte) })).status, patience).toBe(200)
  })

  test('case D4: refuses a body that exceeds the limit on its own (R30)', async () => {
    const { gateway } = await startFull(start, await startUpstream())
    const client = await openRawClient(gateway.url)
    // Sends only the head: a client that still writes when workerd closes the connection may lose the response.
    await client.send(`${head}\r\ncontent-length: ${2 * mebibyte}\r\n\r\n`)
    expectError(await client.readResponse(), { code: 'body_too_large' })
  })

  test('case D5: aborts a response that exceeds the limit on its own, and accepts one that fits (R30)', async () => {
    const { gateway, upstream } = await startFull(start, await startUpstream())
    const long = (bytes: number) => json(200, { ...chatCompletion, system_fingerprint: 'x'.repeat(bytes) })
    upstream.respond(long(2 * mebibyte))
    expectError(await ask(gateway, { target, body: chatRequest }), { code: 'upstream_answer_too_large' })
    upstream.respond(long(mebibyte))
    expect((await ask(gateway, { target, body: chatRequest })).status).toBe(200)
  })

  test('case D5: aborts a too long refusal, and forwards its status (R30)', async () => {
    const { gateway, upstream } = await startFull(start, await startUpstream())
    upstream.respond(answer(['x'.repeat(1.2 * mebibyte)], { status: 400, headers: { 'content-type': 'text/plain' } }))
    const { status, text } = await ask(gateway, { target, body: chatRequest })
    expect([status, text.length < 1_000]).toEqual([400, true])
  })

  test('case D5: cuts off an event that exceeds the limit on its own, and forwards one that fits (R08)', async () => {
    const { gateway, upstream } = await startFull(start, await startUpstream())
    const streamed = { target, body: { ...chatRequest, stream: true } }
    const long = (bytes: number) => sse([{ choices: [], note: 'x'.repeat(bytes) }, ...chatChunks], { doneAtEnd: true })
    upstream.respond(long(3 * mebibyte))
    expect((await ask(gateway, streamed)).text.slice(-300)).toMatch(/"code":"overloaded"/)
    upstream.respond(long(1.5 * mebibyte))
    expect((await ask(gateway, streamed)).text).toMatch(/data: \[DONE\]\n\n$/)
  })
})

async function startFull(start: StartGateway, upstream: ScriptedUpstream) {
  upstream.respond(json(200, chatCompletion))
  return { upstream, gateway: await start({ env: toOpenAIEnv(upstream), config }) }
}

/** Fills the buffers with an unfinished body. Only the refusal of other calls shows that the server has read it. */
async function fill(gateway: Gateway): Promise<RawClient> {
  for (;;) {
    const client = await openRawClient(gateway.url)
    await client.send(`${head}\r\ncontent-length: ${2 * mebibyte - 100_000}\r\n\r\n{"a":"${'x'.repeat(1.5 * mebibyte)}`)
    for (let at = 0; at < 20; at++) await ask(gateway, { target, body: chatRequest })
    if ((await ask(gateway, { target, body: withText(mebibyte) })).status === 503) return client
    client.reset()
  }
}
