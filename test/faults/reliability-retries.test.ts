import { expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { hangUp, json, reset, sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'

describeOnBoth('a call with an unknown outcome', (start, { share, startUpstream }) => {
  // The cases that share a gateway leave it no socket that the next one could reuse.
  const endings = [
    { name: 'resets', script: reset() },
    { name: 'hangs up', script: hangUp() },
  ].flatMap((ending) => [true, false].map((stream) => ({ ...ending, stream })))

  test.each(endings)(
    'R20 Weir sends a call once if the upstream $name after it (stream: $stream)',
    async ({ script, stream }) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      upstream.respond(script)
      const response = await (await sendChat(gateway, { stream })).readResponse()
      expect(response.status).toBe(502)
      expect(upstream.requests).toHaveLength(1)
      expect(gateway.logs().filter(({ event }) => event === 'call')).toHaveLength(1)
    },
  )

  test.each(endings)(
    'R20 R23 Weir also sends a call once if the upstream $name on a reused socket (stream: $stream)',
    async ({ script, stream }) => {
      const upstream = await startUpstream()
      upstream.respondNext(json(200, chatCompletion))
      upstream.respond(script)
      const gateway = await start({ env: toOpenAIEnv(upstream) })
      expect((await (await sendChat(gateway, { stream: false })).readResponse()).status).toBe(200)
      const response = await (await sendChat(gateway, { stream })).readResponse()
      expect(response.status).toBe(502)
      expect(upstream.requests.map(({ socketId }) => socketId)).toEqual([1, 1])
    },
  )

  test.each([1, 2, 3])(
    'R19 Weir sends a call once if the upstream breaks off after %d events',
    async (cutAfterEvents) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      upstream.respond(sse(chatChunks, { cutAfterEvents, ending: 'reset' }))
      const response = await (await sendChat(gateway)).readResponse()
      expect(response.text.split('\n\n').filter((event) => event.includes('"choices"'))).toHaveLength(cutAfterEvents)
      expect(response.text).toContain('"error":')
      expect(upstream.requests).toHaveLength(1)
    },
  )

  test('R19 Weir sends a call once if the upstream breaks off after the headers', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(sse(chatChunks, { cutAfterEvents: 0, ending: 'reset' }))
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toContain('"error":')
    expect(response.text).not.toContain('[DONE]')
    expect(upstream.requests).toHaveLength(1)
  })
})

describeOnBoth('an idle upstream socket', (start, { startUpstream }) => {
  test.each(['fin', 'reset'] as const)(
    'R23 the next call succeeds after the upstream has closed an idle socket (%s)',
    async (by) => {
      const upstream = await startUpstream()
      upstream.respond(json(200, chatCompletion))
      const gateway = await start({ env: toOpenAIEnv(upstream) })
      for (let round = 1; round <= 3; round++) {
        expect((await (await sendChat(gateway, { stream: false })).readResponse()).status).toBe(200)
        expect(upstream.requests).toHaveLength(round)
        upstream.dropSockets(by)
        await upstream.socketsDownTo(0)
      }
    },
  )
})
