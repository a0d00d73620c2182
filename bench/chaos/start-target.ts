import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Behaviour, isHealthy } from './plan-phases.ts'

/** What a provider reports and bills for one answer. */
export interface BilledUsage {
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

/** The request's body, as far as a target reads it. */
export interface ChatBody {
  /** The id of the call. */
  readonly user: string
  readonly stream?: boolean
  readonly messages: readonly { readonly role: string; readonly content: string }[]
}

/** One accepted request, in the target's own book. */
export interface AcceptedRequest {
  readonly id: string
  readonly behaviour: Behaviour
  /** Undefined for an error, which is not billed. */
  readonly billed: BilledUsage | undefined
}

/** A provider on a port of its own, which keeps books. */
export interface ChaosTarget {
  /** The base URL of its API. */
  readonly url: string
  readonly accepted: readonly AcceptedRequest[]
  /** Behaves so towards requests that arrive from now on. None may be running if the target refuses connections. */
  behave(behaviour: Behaviour): Promise<void>
  close(): void
}

const slowMs = 100

/** The text of one token: four bytes, as Weir estimates. */
export const word = 'word'

/** Starts a target. `number` distinguishes the targets of a run; `toUsage` counts the tokens of a request. */
export async function startTarget(number: number, toUsage: (body: ChatBody) => BilledUsage): Promise<ChaosTarget> {
  const accepted: AcceptedRequest[] = []
  let behaviour: Behaviour = 'well'

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const body = JSON.parse(text) as ChatBody
    const current = behaviour
    const usage = toUsage(body)
    const billed = current === 'limited' || current === 'overloaded' ? undefined : usage
    accepted.push({ id: body.user, behaviour: current, billed })
    if (current === 'slow') await pause(slowMs)
    if (isHealthy(current)) answer(response, body, usage)
    else fail(response, body, current, usage)
  }

  const server = createServer((request, response) => {
    // Otherwise a connection that the end of a phase closes could carry a request.
    response.shouldKeepAlive = false
    void serve(request, response).catch(() => response.destroy())
  })
  // On Linux, outgoing connections take their ports at 127.0.0.1, and could take that of a target that refuses.
  const host = process.platform === 'linux' ? `127.0.0.${number + 2}` : '127.0.0.1'
  server.listen(0, host, 1_024)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host}:${port}/v1`,
    accepted,
    async behave(next) {
      behaviour = next
      if (next !== 'refused' && !server.listening) {
        server.listen(port, host, 1_024)
        await once(server, 'listening')
      }
      if (next === 'refused' && server.listening) {
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await closed
      }
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function answer(response: ServerResponse, { user, stream }: ChatBody, billed: BilledUsage): void {
  const usage = {
    prompt_tokens: billed.inputTokens,
    completion_tokens: billed.outputTokens,
    total_tokens: billed.inputTokens + billed.outputTokens,
    prompt_tokens_details: { cached_tokens: billed.cachedTokens },
  }
  if (stream !== true) {
    const message = { role: 'assistant', content: word }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    respond(response, 200, { id: user, created: 1, model: 'm', object: 'chat.completion', choices, usage })
    return
  }
  response.writeHead(200, eventStream)
  for (const event of [firstEvent, lastEvent, { choices: [], usage }]) response.write(toEvent(user, event))
  response.end('data: [DONE]\n\n')
}

function fail(response: ServerResponse, { user, stream }: ChatBody, behaviour: Behaviour, usage: BilledUsage): void {
  const error = { error: { message: 'planned', type: 'server_error', param: null, code: null } }
  const isStream = stream === true
  switch (behaviour) {
    case 'limited':
      respond(response, 429, error, { 'retry-after': '1' })
      break
    case 'overloaded':
      respond(response, 503, error)
      break
    case 'cut':
    case 'torn':
      response.writeHead(200, isStream ? eventStream : { ...json, 'content-length': '1000' })
      if (!isStream) response.write('{"id":"half', cut)
      else if (behaviour === 'cut') response.write(': the answer follows\n\n', cut)
      else response.write(toEvent(user, firstEvent).repeat(Math.floor(usage.outputTokens / 2)), cut)
  }

  function cut(): void {
    response.destroy()
  }
}

const json = { 'content-type': 'application/json' }
const eventStream = { 'content-type': 'text/event-stream' }

const firstEvent = { choices: [{ index: 0, delta: { role: 'assistant', content: word }, finish_reason: null }] }
const lastEvent = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }

function toEvent(id: string, event: object): string {
  return `data: ${JSON.stringify({ id, created: 1, model: 'm', object: 'chat.completion.chunk', ...event })}\n\n`
}

function respond(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...json, ...headers }).end(JSON.stringify(body))
}
