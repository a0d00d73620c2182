import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type CallPlan, toUsage } from './call-plan.ts'

/** The upstream's record of a call: how often it arrived, and whether the whole response was written. */
export interface UpstreamEntry {
  times: number
  isWhole: boolean
  readonly plan: CallPlan
}

export interface RecordingUpstream {
  readonly origin: string
  /** Every accepted request, by its `user`. */
  readonly entries: ReadonlyMap<string, UpstreamEntry>
  close(): void
}

/** Starts an upstream that responds as each call's plan says, and records the requests with a complete body. */
export async function startRecordingUpstream(): Promise<RecordingUpstream> {
  const entries = new Map<string, UpstreamEntry>()
  const server = createServer((request, response) => {
    void serve(request, response, entries).catch(() => response.destroy())
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', 1_024, resolve)
  await promise
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    entries,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, entries: Map<string, UpstreamEntry>) {
  let body = ''
  for await (const part of request.setEncoding('utf8')) body += part
  const plan = readPlan(body)
  const entry = entries.get(plan.user) ?? { times: 0, isWhole: false, plan }
  entry.times += 1
  entries.set(plan.user, entry)
  await pause(plan.delayMs)
  if (plan.fails)
    respond(response, 500, { error: { message: 'planned', type: 'server_error', param: null, code: null } })
  else if (plan.isStream) await stream(response, plan)
  else respond(response, 200, toCompletion(plan))
  entry.isWhole = !response.destroyed
}

function readPlan(body: string): CallPlan {
  const { messages } = JSON.parse(body) as { messages: readonly { content: string }[] }
  return JSON.parse(messages[0]?.content ?? '') as CallPlan
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function toCompletion(plan: CallPlan): object {
  const message = { role: 'assistant', content: 'word '.repeat(plan.events) }
  return {
    ...{ id: plan.user, object: 'chat.completion', created: 1, model: 'gpt-4o-mini', usage: toUsage(plan) },
    choices: [{ index: 0, message, finish_reason: 'stop' }],
  }
}

async function stream(response: ServerResponse, plan: CallPlan): Promise<void> {
  const chunk = { id: plan.user, object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini' }
  const write = (fields: object) => response.write(`data: ${JSON.stringify({ ...chunk, ...fields })}\n\n`)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let event = 0; event < plan.events && !response.destroyed; event++) {
    const isLast = event === plan.events - 1
    write({ choices: [{ index: 0, delta: { content: ' word' }, finish_reason: isLast ? 'stop' : null }] })
    await pause(plan.paceMs)
  }
  write({ choices: [], usage: toUsage(plan) })
  response.end('data: [DONE]\n\n')
}
