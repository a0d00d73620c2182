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

const prompt = { role: 'user', content: 'Hello', status: 'complete' }

describeOnBothStored('a client that disconnects from a session’s stream', (start, { runtime, startUpstream }) => {
  // `fetch` closes the connection gracefully, which workerd notices only at its next write.
  const onNode = test.runIf(runtime === 'node')

  onNode('leaves the received content stored as `incomplete`', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(begun(delta({ content: 'Mi' }), createGate())))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = createSessionClient(gateway)
    const { id } = await client.create()
    await leaveAfter(await client.open(id, 'Hello', { stream: true }), '"Mi"')
    await upstream.socketsDownTo(0)
    expect(await gateway.findLog(({ route }) => route === 'chat.completions')).toMatchObject({ outcome: 'client_gone' })
    expect(await client.messages(id)).toMatchObject([
      prompt,
      { role: 'assistant', content: 'Mi', status: 'incomplete', model: 'gpt-4.1-2025-04-14' },
    ])
  })

  onNode('stores nothing if no content had arrived', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = createSessionClient(gateway)
    const { id } = await client.create()
    const controller = new AbortController()
    const pending = client.request('/v1/chat/completions', {
      headers: { 'x-session-id': id },
      body: { model: 'gpt-4.1', messages: [prompt], stream: true },
      signal: controller.signal,
    })
    await upstream.nextRequest()
    controller.abort()
    await expect(pending).rejects.toThrow()
    await upstream.socketsDownTo(0)
    expect(await client.messages(id)).toEqual([])
  })

  onNode('stores a complete reply as complete, even if its end was never read', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([...begun(delta({ content: 'Miau' })), delta({}, 'stop'), createGate()]))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = createSessionClient(gateway)
    const { id } = await client.create()
    await leaveAfter(await client.open(id, 'Hello', { stream: true }), '"stop"')
    await upstream.socketsDownTo(0)
    expect(await client.messages(id)).toMatchObject([prompt, { content: 'Miau', status: 'complete' }])
  })
})

const folders: string[] = []
const gateways: Gateway[] = []
const upstreams: ScriptedUpstream[] = []
afterEach(async () => {
  await Promise.all([...gateways.splice(0), ...upstreams.splice(0)].map((started) => started.close()))
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

test('R58 a server that stops mid-reply stores it as `incomplete`, and its client receives an error event', async () => {
  const upstream = await startScriptedUpstream()
  upstreams.push(upstream)
  upstream.respond(sse(begun(delta({ content: 'Mi' }), createGate())))
  const folder = await mkdtemp(join(tmpdir(), 'weir-stopped-'))
  folders.push(folder)
  const env = { ...toOpenAIEnv(upstream), STORAGE_PATH: folder }
  const stopped = await startNodeGateway({ env })
  const client = createSessionClient(stopped)
  const { id } = await client.create()
  const response = await client.open(id, 'Hello', { stream: true })
  const reader = toReader(response)
  const seen = await readUntil(reader, '"Mi"')
  const [rest] = await Promise.all([readToEnd(reader), stopped.close()])
  expect(seen + rest).toContain('"code":"draining"')
  expect(seen + rest).not.toContain('[DONE]')
  expect(await readMessages(env, id)).toMatchObject([
    prompt,
    { role: 'assistant', content: 'Mi', status: 'incomplete' },
  ])
})

async function readMessages(env: Readonly<Record<string, string>>, id: string): Promise<readonly MessageBody[]> {
  const gateway = await startNodeGateway({ env })
  gateways.push(gateway)
  const client: SessionClient = createSessionClient(gateway)
  return client.messages(id)
}

type TextReader = ReadableStreamDefaultReader<string>

function toReader({ body }: Response): TextReader {
  if (body === null) throw new Error('the response has no body')
  return body.pipeThrough(new TextDecoderStream()).getReader()
}

async function leaveAfter(response: Response, text: string): Promise<void> {
  const reader = toReader(response)
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
