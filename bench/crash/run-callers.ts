import { Agent, type IncomingMessage, request } from 'node:http'
import { type CallPlan, planCall, toBody } from './call-plan.ts'
import type { Random } from './create-random.ts'

/** The result of a call from its caller's view. */
export type CallerEntry =
  /** A whole response, with this usage. */
  | { readonly kind: 'whole'; readonly inputTokens: number; readonly outputTokens: number; readonly costNano?: number }
  /** An error, from Weir or from the upstream. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The caller has disconnected. */
  | { readonly kind: 'left' }
  /** The connection broke. */
  | { readonly kind: 'broken' }
  /** The connection failed. */
  | { readonly kind: 'unsent' }

export interface CallersOptions {
  readonly concurrency: number
  /** Prefix of the call ids. */
  readonly name: string
  readonly origin: () => Promise<string>
  readonly random: Random
  readonly entries: Map<string, CallerEntry>
}

/** Sends calls without a pause. The returned function stops that and waits for the running calls. */
export function runCallers({ concurrency, name, origin, random, entries }: CallersOptions): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  let isStopped = false
  let calls = 0

  async function call(): Promise<void> {
    while (!isStopped) {
      calls += 1
      const plan = planCall(`${name}-${calls}`, random)
      entries.set(plan.user, await send(await origin(), plan, agent))
    }
  }

  const running = Array.from({ length: concurrency }, call)
  return async () => {
    isStopped = true
    await Promise.all(running)
    agent.destroy()
  }
}

function send(origin: string, plan: CallPlan, agent: Agent): Promise<CallerEntry> {
  const { promise, resolve } = Promise.withResolvers<CallerEntry>()
  const headers = {
    ...{ authorization: `Bearer ${plan.secret}`, 'content-type': 'application/json' },
    'x-request-id': plan.user,
  }
  const outgoing = request(`${origin}/v1/chat/completions`, { method: 'POST', headers, agent })
  const leave = () => {
    resolve({ kind: 'left' })
    outgoing.destroy()
  }
  let isConnected = false
  outgoing.on('socket', (socket) => {
    isConnected = !socket.connecting
    if (isConnected) return
    socket.once('connect', () => {
      isConnected = true
    })
  })
  outgoing.on('error', () => resolve({ kind: isConnected ? 'broken' : 'unsent' }))
  outgoing.on('response', (response) => void read(response, plan, leave).then(resolve))
  outgoing.end(toBody(plan))
  if (plan.leavesAfter === 0) setTimeout(leave, plan.delayMs / 2)
  return promise
}

async function read(response: IncomingMessage, plan: CallPlan, leave: () => void): Promise<CallerEntry> {
  let body = ''
  try {
    for await (const part of response.setEncoding('utf8')) {
      body += part
      if (plan.leavesAfter !== undefined && countEvents(body) >= plan.leavesAfter) leave()
    }
  } catch {
    return { kind: 'broken' }
  }
  if (response.statusCode !== 200) return { kind: 'refused', status: response.statusCode ?? 0 }
  return toEntry(plan.isStream ? lastUsage(body) : body)
}

/** A response with usage is whole: a stream sends its usage last. */
function toEntry(json: string | undefined): CallerEntry {
  try {
    const { usage } = JSON.parse(json ?? '') as { usage: { prompt_tokens: number; completion_tokens: number } }
    return { kind: 'whole', inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
  } catch {
    return { kind: 'broken' }
  }
}

function countEvents(body: string): number {
  return body.split('\n\n').length - 1
}

function lastUsage(body: string): string | undefined {
  if (!body.endsWith('data: [DONE]\n\n')) return undefined
  return body.split('\n\n').at(-3)?.slice('data: '.length)
}
