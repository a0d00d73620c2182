import { expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatChunksWithUsage, chatCompletion, completion } from '../support/fixtures.ts'
import { bearer, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'

const usageChunk = chatChunksWithUsage.at(-1)
const counted = { input_tokens: 19, output_tokens: 2, cached_input_tokens: 4 }

describeOnBoth('the usage of a stream', (start, { startUpstream }) => {
  test('R52 Weir requests usage, counts it, and hides it from a caller that did not request it', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(chatChunksWithUsage))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const response = await (await sendChat(gateway)).readResponse()
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ stream_options: { include_usage: true } })
    expect(response.text).toBe(toEvents(chatChunksWithUsage.slice(0, -1)))
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', ...counted })
  })

  test('R52 Weir forwards usage to a caller that requested it, with its other options', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(chatChunksWithUsage))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const options = { include_usage: true, include_obfuscation: false }
    const response = await (await sendChat(gateway, { fields: { stream_options: options } })).readResponse()
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ stream_options: options })
    expect(response.text).toBe(toEvents(chatChunksWithUsage))
    expect(await gateway.findLog()).toMatchObject(counted)
  })

  test('R52 Weir requests usage even if the caller disables it, and keeps its other options', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(chatChunksWithUsage))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const options = { include_usage: false, include_obfuscation: false }
    const response = await (await sendChat(gateway, { fields: { stream_options: options } })).readResponse()
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({
      stream_options: { include_usage: true, include_obfuscation: false },
    })
    expect(response.text).not.toContain('"prompt_tokens"')
    expect(await gateway.findLog()).toMatchObject(counted)
  })

  test.each([true, false])('Weir counts usage for any case of the content type (stream: %s)', async (stream) => {
    const upstream = await startUpstream()
    const headers = { 'content-type': stream ? 'Text/Event-Stream' : 'Application/JSON; charset=UTF-8' }
    upstream.respond(stream ? sse(chatChunksWithUsage, { headers }) : json(200, chatCompletion, { headers }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    await (await sendChat(gateway, { stream })).readResponse()
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', input_tokens: 19, finish_reason: 'stop' })
  })

  test('R52 usage is unknown, not zero, if the upstream ignores the request for it', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(chatChunks))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toBe(toEvents(chatChunks))
    const line = await gateway.findLog()
    expect(line).toMatchObject({ outcome: 'ok', finish_reason: 'stop' })
    expect(line).not.toHaveProperty('output_tokens')
  })

  test('R52 Weir does not request usage from a provider with `stream_options: false`', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(chatChunksWithUsage))
    const { TOKEN } = toOpenAIEnv(upstream)
    const local = { kind: 'custom', base_url: `${upstream.url}/v1`, api_key: upstreamKey, stream_options: false }
    const gateway = await start({ env: { TOKEN: TOKEN ?? '' }, config: { providers: { local } } })
    const response = await (await sendChat(gateway)).readResponse()
    expect((await upstream.nextRequest()).bodyJson).not.toHaveProperty('stream_options')
    // SDKs also accept unrequested usage.
    expect(response.text).toBe(toEvents(chatChunksWithUsage.slice(0, -1)))
    expect(await gateway.findLog()).toMatchObject(counted)
  })

  test('R52 Weir adds no `stream_options` to an unstreamed call', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, completion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'This is' }
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ target: '/v1/completions', headers: bearer, body }))
    await client.readResponse()
    expect((await upstream.nextRequest()).bodyJson).toEqual(body)
    expect(await gateway.findLog()).toMatchObject({ input_tokens: 5, output_tokens: 7 })
  })

  test('R52 Weir hides usage only in a chunk that contains nothing else', async () => {
    const upstream = await startUpstream()
    // Some providers send it with the last choice.
    const last = { ...chatChunks.at(-1), usage: usageChunk?.usage }
    upstream.respond(sse([...chatChunks.slice(0, -1), last]))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toBe(toEvents([...chatChunks.slice(0, -1), last]))
    expect(await gateway.findLog()).toMatchObject({ ...counted, finish_reason: 'stop' })
  })

  test('R52 Weir counts usage if the caller disconnects after it', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([...chatChunksWithUsage, ': the caller leaves here\n\n'], { ending: 'never' }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await sendChat(gateway, { fields: { stream_options: { include_usage: true } } })
    await client.readUntil('the caller leaves here')
    client.reset()
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone', ...counted })
  })
})

describeOnBoth('unusual usage', (start, { startUpstream }) => {
  const sane = { prompt_tokens: 19, completion_tokens: 7 }
  const cases = [
    { name: 'in every chunk, growing', usages: [{ prompt_tokens: 19, completion_tokens: 1 }, sane], tokens: [19, 7] },
    { name: 'decreasing', usages: [{ prompt_tokens: 19, completion_tokens: 9 }, sane], tokens: [19, 9] },
    { name: 'null at the end', usages: [sane, null], tokens: [19, 7] },
    { name: 'of strings', usages: [{ prompt_tokens: '19', completion_tokens: '7' }], tokens: [undefined, undefined] },
    { name: 'negative', usages: [{ prompt_tokens: -19, completion_tokens: -7 }], tokens: [undefined, undefined] },
    { name: 'of fractions', usages: [{ prompt_tokens: 1.5, completion_tokens: 7 }], tokens: [0, 7] },
    { name: 'beyond all integers', usages: [{ prompt_tokens: 1e300, completion_tokens: 7 }], tokens: [0, 7] },
    { name: 'sane, then negative', usages: [sane, { prompt_tokens: -1, completion_tokens: -1 }], tokens: [19, 7] },
    { name: 'a list', usages: [[1, 2]], tokens: [undefined, undefined] },
    { name: 'a string', usages: ['many'], tokens: [undefined, undefined] },
    { name: 'empty', usages: [{}], tokens: [undefined, undefined] },
    { name: 'with one count', usages: [{ completion_tokens: 7 }], tokens: [0, 7] },
    { name: 'with odd details', usages: [{ ...sane, prompt_tokens_details: null }], tokens: [19, 7] },
    { name: 'of another API', usages: [{ input_tokens: 19, output_tokens: 7 }], tokens: [19, 7] },
  ]

  test('R53 Weir reads unusual usage as far as possible, and forwards the stream unchanged', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    for (const [index, { name, usages, tokens }] of cases.entries()) {
      const events = [...chatChunks, ...usages.map((usage) => ({ choices: chatChunks[1]?.choices, usage }))]
      upstream.respond(sse(events))
      const headers = { 'x-request-id': `case-${index}` }
      const response = await (await sendChat(gateway, { headers })).readResponse()
      expect(response.text, name).toBe(toEvents(events))
      const line = await gateway.findLog(({ request_id }) => request_id === `case-${index}`)
      expect([line.input_tokens, line.output_tokens], name).toEqual(tokens)
      expect(line.outcome, name).toBe('ok')
    }
  })
})

function toEvents(events: readonly object[]): string {
  return [...events.map((event) => JSON.stringify(event)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('')
}
