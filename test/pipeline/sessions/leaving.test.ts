import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { createGate } from '../../support/gate.ts'
import { type Gateway, toOpenAIEnv } from '../../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../../support/scripted-upstream.ts'
import { startNodeGateway } from '../../support/start-node-gateway.ts'
import { silent, sse } from '../../support/upstream-scripts.ts'
import { begun, delta } from './answers.ts'
import { createSessionClient, type MessageBody, type SessionClient } from './session-client.ts'

const question = { role: 'user', content: 'Hello', status: 'complete' }

describeOnBothStored('a caller who leaves a session’s stream', (start, { runtime, startUpstream }) => {
  // `fetch` leaves in good order, which workerd learns only when it writes again.
  const onNode = test.runIf(runtime === 'node')

  onNode('leaves the words that came, kept as `incomplete`', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(begun(delta({ content: 'Mi' }), createGate())))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = createSessionClient(gateway)
    const { id } = await client.create()
    await leaveAfter(await client.open(id, 'Hello', { stream: true }), '"Mi"')
    await upstream.socketsDownTo(0)
    expect(await gateway.findLog(({ route }) => route === 'chat.completions')).toMatchObject({ outcome: 'client_gone' })
    expect(await client.messages(id)).toMatchObject([
      question,
      { role: 'assistant', content: 'Mi', status: 'incomplete', model: 'gpt-4.1-2025-04-14' },
    ])
  })

  onNode('keeps nothing where no word had come', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = createSessionClient(gateway)
    const { id } = await client.create()
    const controller = new AbortController()
    const pending = client.request('/v1/chat/completions', {
      headers: { 'x-session-id': id },
      body: { model: 'gpt-4.1', messages: [question], stream: true },
      signal: controller.signal,
    })
    await upstream.nextRequest()
    controller.abort()
    await expect(pending).rejects.toThrow()
    await upstream.socketsDownTo(0)
    expect(await client.messages(id)).toEqual([])
  })

  onNode('keeps an answer that was complete as such, also where its end was never read', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([...begun(delta({ content: 'Miau' })), delta({}, 'stop'), createGate()]))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = createSessionClient(gateway)
    const { id } = await client.create()
    await leaveAfter(await client.open(id, 'Hello', { stream: true }), '"stop"')
    await upstream.socketsDownTo(0)
    expect(await client.messages(id)).toMatchObject([question, { content: 'Miau', status: 'complete' }])
  })
})

const folders: string[] = []
const gateways: Gateway[] = []
const upstreams: ScriptedUpstream[] = []
afterEach(async () => {
  await Promise.all([...gateways.splice(0), ...upstreams.splice(0)].map((started) => started.close()))
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

test('R58 a server that is stopped mid-answer keeps it as `incomplete`, and its reader sees an error event', async () => {
  const upstream = await startScriptedUpstream()
  upstreams.push(upstream)
  upstream.respond(sse(begun(delta({ content: 'Mi' }), createGate())))
  const folder = await mkdtemp(join(tmpdir(), 'weir-stopped-'))
  folders.push(folder)
  const env = { ...toOpenAIEnv(upstream), STORAGE_PATH: folder }
  const stopped = await startNodeGateway({ env })
  const client = createSessionClient(stopped)
  const { id } = await client.create()
  const answer = await client.open(id, 'Hello', { stream: true })
  const reader = toReader(answer)
  const seen = await readUntil(reader, '"Mi"')
  const [rest] = await Promise.all([readToEnd(reader), stopped.close()])
  expect(seen + rest).toContain('"code":"draining"')
  expect(seen + rest).not.toContain('[DONE]')
  expect(await readAnew(env, id)).toMatchObject([question, { role: 'assistant', content: 'Mi', status: 'incomplete' }])
})

async function readAnew(env: Readonly<Record<string, string>>, id: string): Promise<readonly MessageBody[]> {
  const gateway = await startNodeGateway({ env })
  gateways.push(gateway)
  const client: SessionClient = createSessionClient(gateway)
  return client.messages(id)
}

type TextReader = ReadableStreamDefaultReader<string>

function toReader({ body }: Response): TextReader {
  if (body === null) throw new Error('the answer has no body')
  return body.pipeThrough(new TextDecoderStream()).getReader()
}

async function leaveAfter(answer: Response, text: string): Promise<void> {
  const reader = toReader(answer)
  await readUntil(reader, text)
  await reader.cancel()
}

async function readUntil(reader: TextReader, text: string): Promise<string> {
  let seen = ''
  while (!seen.includes(text)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended as ${seen}`)
    seen += value
  }
  return seen
}

async function readToEnd(reader: TextReader): Promise<string> {
  let seen = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) seen += part.value
  return seen
}
