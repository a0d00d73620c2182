import type OpenAI from 'openai'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { chatChunks, chatChunksWithUsage, chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { json, type SseEvent, sse } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { collect, describeSdks } from './describe-sdks.ts'
import { toolCallChunks, toolCallCompletion, twoChoiceChunks, usageChunk, weatherTool } from './fixtures.ts'

/** Weir's addition to a streaming request without usage. */
const added = { stream_options: { include_usage: true } }

describeSdks('chat completions through Weir', ({ sdk, connectUpstream }) => {
  test('are the same as without it', async () => {
    const connection = await connectUpstream()
    const script = json(200, chatCompletion)
    const { value } = await callBothWays(connection, script, (client) => client.chat.completions.create(chatRequest))
    expect(value).toEqual(chatCompletion)
  })

  test('reach the upstream with every parameter, including those unknown to SDKs', async () => {
    const connection = await connectUpstream()
    const body = {
      ...chatRequest,
      n: 2,
      stop: ['\n', 'END'],
      seed: 7,
      temperature: 0,
      logit_bias: { '50256': -100 },
      metadata: { page: 'checkout', 用户: '测试' },
      reasoning_effort: 'low' as const,
      invented_tomorrow: { deep: [1, 2.5e-7, null, false, ''] },
    }
    await callBothWays(connection, json(200, chatCompletion), (client) => client.chat.completions.create(body))
  })

  test('stream the same chunks', async () => {
    const connection = await connectUpstream()
    const { value } = await callBothWays(connection, openAIStream(chatChunks), streamChat, { added })
    expect(value).toEqual(chatChunks)
  })

  test('hide the usage requested by Weir, and show the usage requested by the caller', async () => {
    const connection = await connectUpstream()
    const script = openAIStream(chatChunks)
    await callBothWays(connection, script, streamChat, { added })
    const shown = await callBothWays(connection, script, async (client) =>
      collect(await client.chat.completions.create({ ...chatRequest, ...added, stream: true })),
    )
    expect(shown.value.at(-1)?.usage).toEqual(chatCompletion.usage)
    expect(await connection.gateway.findLog()).toMatchObject({ input_tokens: 19, output_tokens: 10 })
  })

  test('carry tool calls, whole and in pieces', async () => {
    const connection = await connectUpstream()
    const body = { ...chatRequest, tools: [weatherTool], tool_choice: 'auto' as const, parallel_tool_calls: false }
    const whole = await callBothWays(connection, json(200, toolCallCompletion), (client) =>
      client.chat.completions.create(body),
    )
    expect(whole.value.choices[0]?.message.tool_calls).toEqual(toolCallCompletion.choices[0]?.message.tool_calls)
    const pieces = await callBothWays(
      connection,
      openAIStream(toolCallChunks),
      async (client) => (await sdk.chatHelpers(client).stream(body).finalChatCompletion()).choices,
      { added },
    )
    expect(pieces.value[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'get_weather', arguments: '{"location":"Paris, France"}' } },
    ])
  })

  test('keep the choices of `n` separate', async () => {
    const connection = await connectUpstream()
    const script = openAIStream(twoChoiceChunks)
    const { value } = await callBothWays(
      connection,
      script,
      async (client) =>
        (
          await sdk
            .chatHelpers(client)
            .stream({ ...chatRequest, n: 2 })
            .finalChatCompletion()
        ).choices,
      { added },
    )
    expect(value.map(({ message }) => message.content)).toEqual(['Hello there', 'Hello there'])
  })

  test('carry structured output', async () => {
    const connection = await connectUpstream()
    const event = { name: 'Science fair', participants: ['Alice', 'Bob'] }
    const schema = z.object({ name: z.string(), participants: z.array(z.string()) })
    const body = { ...chatRequest, response_format: sdk.toResponseFormat('calendar_event', schema) }
    const [choice] = chatCompletion.choices
    const choices = [{ ...choice, message: { ...choice?.message, content: JSON.stringify(event) } }]
    const { value } = await callBothWays(connection, json(200, { ...chatCompletion, choices }), (client) =>
      sdk.chatHelpers(client).parse(body),
    )
    expect(value.choices[0]?.message.parsed).toEqual(event)
  })

  test('R01 close the upstream when the caller aborts mid-stream', async () => {
    const { client, upstream, gateway } = await connectUpstream()
    const steps = Array.from({ length: 50 }, createGate)
    const [opening, word] = chatChunksWithUsage
    upstream.respond(sse([...chatChunksWithUsage.slice(0, 2), ...steps.flatMap((step) => [step, word ?? {}])]))
    const stream = await client.chat.completions.create({ ...chatRequest, stream: true })
    const seen: unknown[] = []
    for await (const chunk of stream) {
      seen.push(chunk)
      if (seen.length === 2) stream.controller.abort()
    }
    expect(seen).toEqual([opening, word])
    const exchange = await upstream.nextRequest()
    // workerd detects a FIN only when it writes; the upstream therefore continues briefly.
    for (const step of steps) step.open()
    await exchange.closed
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone' })
  })

  test('R02 close the upstream when the caller aborts before the first byte', async () => {
    const { client, upstream } = await connectUpstream({ config: { timeouts: { first_byte_ms: 1_000 } } })
    upstream.respond(sse([createGate()]))
    const controller = new AbortController()
    const { signal } = controller
    const call = client.chat.completions.create({ ...chatRequest, stream: true }, { signal })
    const refused = expect(call).rejects.toThrow(sdk.OpenAI.APIUserAbortError)
    const exchange = await upstream.nextRequest()
    controller.abort()
    await refused
    await exchange.closed
  })

  test('P04 carry both Weir’s and the upstream’s request id', async () => {
    const { client, upstream, gateway } = await connectUpstream()
    const headers = { 'x-request-id': 'req_upstream_1', 'openai-processing-ms': '42' }
    upstream.respond(json(200, chatCompletion, { headers: { ...headers, 'x-ratelimit-remaining-requests': '59' } }))
    const { response, request_id } = await client.chat.completions.create(chatRequest).withResponse()
    expect(request_id).toMatch(/^req_[0-9a-f]{32}$/)
    expect(response.headers.get('x-upstream-request-id')).toBe('req_upstream_1')
    expect(response.headers.get('openai-processing-ms')).toBe('42')
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('59')
    expect(await gateway.findLog()).toMatchObject({ request_id, upstream_request_id: 'req_upstream_1' })
  })
})

/** Removes the `usage: null` that OpenAI adds to every chunk if usage was requested. */
async function streamChat(client: OpenAI): Promise<readonly object[]> {
  const chunks = await collect(await client.chat.completions.create({ ...chatRequest, stream: true }))
  return chunks.map(({ usage, ...chunk }) => (usage ? { ...chunk, usage } : chunk))
}

/** As OpenAI does, sends the usage at the end if it was requested. */
function openAIStream(chunks: readonly SseEvent[]): Script {
  return {
    play(wire, exchange) {
      const { stream_options } = Object(exchange.bodyJson) as { stream_options?: { include_usage?: boolean } }
      const isCounted = stream_options?.include_usage === true
      const events = isCounted ? [...chunks.map((chunk) => ({ ...Object(chunk), usage: null })), usageChunk] : chunks
      return sse(events).play(wire, exchange)
    },
  }
}
