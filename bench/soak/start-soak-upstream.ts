import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { callHeader, planHeader, transcribedSeconds, type UpstreamPlan } from './plan-call.ts'

export interface SoakUpstream {
  readonly origin: string
  /** Every call that arrived, by its id, and how often. */
  readonly entries: ReadonlyMap<string, { readonly times: number }>
  /** While it is down, it resets every connection that sends a call. */
  setDown(isDown: boolean): void
  close(): void
}

/** Starts an upstream that responds or fails as the headers of each call say, and records the calls. */
export async function startSoakUpstream(): Promise<SoakUpstream> {
  const entries = new Map<string, { times: number }>()
  let isDown = false
  const server = createServer((request, response) => {
    const id = request.headers[callHeader]
    // Weir requests the list of models on its own.
    if (typeof id !== 'string') return respond(response, 200, '{"object": "list", "data": []}')
    // A call counts from its arrival on, because the provider may charge for it.
    entries.set(id, { times: (entries.get(id)?.times ?? 0) + 1 })
    if (isDown) request.destroy()
    else serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1', 1_024)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    entries,
    setDown(value) {
      isDown = value
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const plan = JSON.parse(String(request.headers[planHeader])) as UpstreamPlan
  for await (const _ of request);
  await pause(plan.delayMs)
  switch (plan.fault) {
    case 'silent':
      return
    case 'reset':
      return void request.destroy()
    case 'garbage':
      return respond(response, 200, '{"choices": [{]')
    case 'wrong type':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in to this network.</p>')
    case 'cut':
      return plan.isStream ? await stream(response, plan) : void cutWhole(response)
    case 'none':
      return plan.isStream ? await stream(response, plan) : respond(response, 200, toBody(request.url ?? '', plan))
    default:
      return respond(response, plan.fault, '{"error":{"message":"planned","type":"server_error","code":"planned"}}')
  }
}

function respond(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function cutWhole(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 })
  response.write('{"id": "cut"', () => response.destroy())
}

const png = Buffer.from('89504e470d0a1a0a', 'hex')

function toBody(path: string, { inputTokens, outputTokens, answerBytes }: UpstreamPlan): string {
  if (path.endsWith('/embeddings')) {
    const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens }
    const data = [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }]
    return JSON.stringify({ object: 'list', model: 'text-embedding-3-small', data, usage })
  }
  if (path.endsWith('/images/generations')) {
    const picture = Buffer.concat([png, randomBytes(answerBytes)]).toString('base64')
    return JSON.stringify({ created: 1, data: [{ b64_json: picture }] })
  }
  if (path.endsWith('/audio/transcriptions'))
    return JSON.stringify({ text: 'a word', usage: { type: 'duration', seconds: transcribedSeconds } })
  if (!path.endsWith('/chat/completions')) return JSON.stringify({ object: 'batch', note: 'x'.repeat(answerBytes) })
  const message = { role: 'assistant', content: 'word '.repeat(answerBytes / 5) }
  return JSON.stringify({
    ...{ id: 'chatcmpl-soak', object: 'chat.completion', created: 1, model: 'gpt-4o-mini' },
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: toUsage(inputTokens, outputTokens),
  })
}

function toUsage(inputTokens: number, outputTokens: number): object {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
}

/** Always sends usage: Weir hides it from callers that did not request it. */
async function stream(response: ServerResponse, { fault, events, paceMs, inputTokens, outputTokens }: UpstreamPlan) {
  const chunk = { id: 'chatcmpl-soak', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini' }
  const write = (fields: object) => response.write(`data: ${JSON.stringify({ ...chunk, ...fields })}\n\n`)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let event = 1; event <= events && !response.destroyed; event++) {
    if (fault === 'cut' && event > events / 2) return void response.destroy()
    write({ choices: [{ index: 0, delta: { content: ' word' }, finish_reason: event === events ? 'stop' : null }] })
    if (paceMs > 0) await pause(paceMs)
  }
  write({ choices: [], usage: toUsage(inputTokens, outputTokens) })
  response.end('data: [DONE]\n\n')
}
