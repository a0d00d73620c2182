import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Gateway, type StartGateway, toProvidersEnv } from '../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { startWorkerGateway } from '../support/start-worker-gateway.ts'
import { chatSide } from './dialects/chat-side.ts'
import { geminiSide } from './dialects/gemini-side.ts'
import { messagesSide } from './dialects/messages-side.ts'
import { responsesSide } from './dialects/responses-side.ts'
import { type Failure, type Question, type Reply, type Side, usage } from './dialects/side.ts'

/** The providers of these sides serve both of OpenAI's dialects, which would pass bytes. These serve one. */
const onlyChat: Side = { ...chatSide, model: 'chat-server/m' }
const onlyResponses: Side = { ...responsesSide, model: 'responses-server/gpt-5.5' }

const pairs: readonly { readonly caller: Side; readonly provider: Side }[] = [
  { caller: chatSide, provider: chatSide },
  { caller: chatSide, provider: messagesSide },
  { caller: chatSide, provider: onlyResponses },
  { caller: messagesSide, provider: messagesSide },
  { caller: messagesSide, provider: chatSide },
  { caller: messagesSide, provider: responsesSide },
  { caller: responsesSide, provider: responsesSide },
  { caller: responsesSide, provider: messagesSide },
  { caller: responsesSide, provider: onlyChat },
  { caller: geminiSide, provider: geminiSide },
  { caller: geminiSide, provider: messagesSide },
  { caller: geminiSide, provider: responsesSide },
  { caller: geminiSide, provider: onlyChat },
  { caller: chatSide, provider: geminiSide },
  { caller: messagesSide, provider: geminiSide },
  { caller: responsesSide, provider: geminiSide },
]

const runtimes: readonly { readonly runtime: string; readonly start: StartGateway }[] = [
  { runtime: 'node', start: startNodeGateway },
  { runtime: 'workerd', start: startWorkerGateway },
]

const modes = [
  { mode: 'whole', isStream: false },
  { mode: 'streamed', isStream: true },
]

const picture = 'data:image/png;base64,iVBORw0KGgo='
const weather = { id: 'call_1', name: 'weather', input: { city: 'San Francisco, CA' } }
const clock = { id: 'call_2', name: 'clock', input: { city: 'Jena' } }
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}

// One gateway serves all cases of a runtime: to start workerd costs more than to run a case.
describe.each(runtimes)('A client of one dialect and a provider of another ($runtime)', ({ start }) => {
  let gateway: Gateway
  let upstream: ScriptedUpstream

  beforeAll(async () => {
    upstream = await startScriptedUpstream()
    gateway = await start({
      env: toProvidersEnv(upstream),
      config: {
        providers: {
          'chat-server': {
            kind: 'custom',
            dialects: ['chat.completions'],
            api_key: 'sk-chat',
            base_url: `${upstream.url}/v1`,
          },
          'responses-server': {
            kind: 'custom',
            dialects: ['responses'],
            api_key: 'sk-responses',
            base_url: `${upstream.url}/v1`,
          },
        },
      },
    })
  })

  afterAll(async () => {
    await gateway.close()
    await upstream.close()
    expect(gateway.faults()).toEqual([])
    expect(upstream.faults).toEqual([])
  })

  describe.each(pairs)('$caller.name for a provider of $provider.name', ({ caller, provider }) => {
    describe.each(modes)('$mode', ({ isStream }) => {
      async function ask(question: Question, reply: Reply) {
        upstream.respondNext(provider.toScript(reply, { isStream }))
        const answer = await caller.ask(gateway.url, provider.model, question, isStream)
        const seen = provider.readRequest(await upstream.nextRequest())
        return { answer, seen }
      }

      test('carries instructions, several turns, the text of the reply and its usage', async () => {
        const question = {
          system: 'Be brief.',
          turns: [caller.toUser('Hello'), caller.toAssistant('Hi!'), caller.toUser('How are you?')],
        }
        const reply = { text: 'I am well, thank you.', finish: 'stop' } as const
        const { answer, seen } = await ask(question, reply)
        expect(seen).toEqual({
          ...nothing,
          isStream,
          system: 'Be brief.',
          texts: [
            ['user', 'Hello'],
            ['assistant', 'Hi!'],
            ['user', 'How are you?'],
          ],
        })
        expect(answer.reply).toEqual(reply)
        expect(answer.usage).toEqual(usage)
      })

      test.each([
        ['no call', { text: 'No need.', finish: 'stop' }],
        ['one call', { calls: [weather], finish: 'tool-calls' }],
        ['text and parallel calls', { text: 'Let me see.', calls: [weather, clock], finish: 'tool-calls' }],
      ] as const)('carries tools: %s', async (_what, reply) => {
        const { answer, seen } = await ask({ turns: [caller.toUser('Weather?')], tools: ['weather', 'clock'] }, reply)
        expect(seen.tools).toEqual(['weather', 'clock'])
        expect(answer.reply).toEqual(reply)
      })

      test('carries reasoning, its calls and their results back to the provider', async () => {
        const first = {
          reasoning: 'I look outside.',
          ...(provider.name !== chatSide.name && { signature: 'EqQBCgIYAhIM1gbcDa9G' }),
          calls: [weather, clock],
          finish: 'tool-calls',
        } as const
        const turns = [caller.toUser('Weather?')]
        const { answer } = await ask({ turns, tools: ['weather', 'clock'] }, first)
        expect({ ...answer.reply, signature: undefined }).toEqual({ ...first, signature: undefined })
        const results = caller.toResults([
          { id: 'call_1', name: 'weather', text: 'Sunny' },
          { id: 'call_2', name: 'clock', text: 'Noon' },
        ])
        const question = { turns: [...turns, ...answer.turns, ...results], tools: ['weather', 'clock'] }
        const second = await ask(question, { text: 'Sunny.', finish: 'stop' })
        expect(second.seen).toMatchObject({
          texts: [['user', 'Weather?']],
          reasoning: [{ text: 'I look outside.', signature: first.signature }],
          calls: [weather, clock],
          results: [
            { id: 'call_1', text: 'Sunny' },
            { id: 'call_2', text: 'Noon' },
          ],
        })
        expect(second.answer.reply).toEqual({ text: 'Sunny.', finish: 'stop' })
      })

      test('carries reasoning and its text back to the provider', async () => {
        const first = {
          reasoning: 'I look outside.',
          ...(provider.name !== chatSide.name && { signature: 'EqQBCgIYAhIM1gbcDa9G' }),
          text: 'It is sunny.',
          finish: 'stop',
        } as const
        const turns = [caller.toUser('Weather?')]
        const { answer } = await ask({ turns }, first)
        expect({ ...answer.reply, signature: undefined }).toEqual({ ...first, signature: undefined })
        const { seen } = await ask(
          { turns: [...turns, ...answer.turns, caller.toUser('And now?')] },
          { text: 'It rains.', finish: 'stop' },
        )
        expect(seen).toMatchObject({
          texts: [
            ['user', 'Weather?'],
            ['assistant', 'It is sunny.'],
            ['user', 'And now?'],
          ],
          // Gemini signs after the text, and needs the signature only.
          reasoning: [{ signature: first.signature }],
        })
      })

      test('carries a schema for the reply', async () => {
        const reply = { text: '{"city":"Jena"}', finish: 'stop' } as const
        const { answer, seen } = await ask({ turns: [caller.toUser('Which city?')], schema }, reply)
        expect(seen.schema).toEqual(schema)
        expect(answer.reply).toEqual(reply)
      })

      test.each([picture, 'https://example.com/a.png'])('carries an image: %s', async (url) => {
        const reply = { text: 'A cat.', finish: 'stop' } as const
        const { answer, seen } = await ask({ turns: [caller.toUser('What is it?', url)] }, reply)
        expect(seen.images).toEqual([url])
        expect(seen.texts).toEqual([['user', 'What is it?']])
        expect(answer.reply).toEqual(reply)
      })

      test.each(['length', 'filter'] as const)('reports that the reply ended by %s', async (finish) => {
        const { answer } = await ask({ turns: [caller.toUser('Go on.')] }, { text: 'And then', finish })
        expect(answer.reply).toEqual({ text: 'And then', finish })
      })

      async function fail(status: number) {
        upstream.respondNext(provider.toError(status))
        const asking = caller.ask(gateway.url, provider.model, { turns: [caller.toUser('Hello')] }, isStream)
        const failure = await readFailure(caller, asking)
        await upstream.nextRequest()
        return failure
      }

      test.each([400, 429, 500, 529] as const)('throws the provider’s error %i', async (status) => {
        const failure = await fail(status)
        expect(failure).toMatchObject({ status, message: expect.stringContaining(`Failed with ${status}.`) })
        expect(failure.retryAfter).toBe(7)
        if (caller !== provider) expect(failure.type).toBe(caller.errors[status])
      })

      test('throws 502 if the provider refuses the key of Weir, which the caller cannot mend', async () => {
        expect((await fail(401)).status).toBe(502)
      })
    })

    test.each([2, 5])('throws if the stream is cut after %i events', async (cutAfterEvents) => {
      const reply = { text: 'A long text in pieces', calls: [weather], finish: 'tool-calls' } as const
      upstream.respondNext(provider.toScript(reply, { isStream: true, cutAfterEvents }))
      const asking = caller.ask(gateway.url, provider.model, { turns: [caller.toUser('Hello')] }, true)
      await readFailure(caller, asking)
      await upstream.nextRequest()
    })
  })
})

const nothing = { images: [], tools: [], schema: undefined, reasoning: [], calls: [], results: [] }

/** Returns what the caller learns from its SDK's error. */
async function readFailure(caller: Side, asking: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await asking.then(
    () => new Error('The call did not fail.'),
    (error: unknown) => error,
  )
  const failure = caller.readFailure(thrown)
  if (failure === undefined) throw thrown
  return failure
}
