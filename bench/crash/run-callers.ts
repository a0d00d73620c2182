import { Agent, type IncomingMessage, request } from 'node:http'
import { type CallPlan, planCall, toBody } from './call-plan.ts'
import type { Random } from './create-random.ts'

/** What a caller noted of its call. */
export type CallerEntry =
  /** The whole answer came, with this usage. */
  | { readonly kind: 'whole'; readonly inputTokens: number; readonly outputTokens: number; readonly costNano?: number }
  /** An error, from Weir or from the upstream. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The caller has left. */
  | { readonly kind: 'left' }
  /** The connection broke, with whatever had come by then. */
  | { readonly kind: 'broken' }
  /** There was no connection. */
  | { readonly kind: 'unsent' }

export interface CallersOptions {
  readonly concurrency: number
  /** Names the calls. */
  readonly name: string
  readonly origin: () => Promise<string>
  readonly random: Random
  readonly book: Map<string, CallerEntry>
}

/** Calls without a pause, until it is stopped; then those under way end. */
export function runCallers({ concurrency, name, origin, random, book }: CallersOptions): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  let isStopped = false
  let calls = 0

  async function call(): Promise<void> {
    while (!isStopped) {
      calls += 1
      const plan = planCall(`${name}-${calls}`, random)
      book.set(plan.user, await send(await origin(), plan, agent))
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
  let text = ''
  try {
    for await (const part of response.setEncoding('utf8')) {
      text += part
      if (plan.leavesAfter !== undefined && countEvents(text) >= plan.leavesAfter) leave()
    }
  } catch {
    return { kind: 'broken' }
  }
  if (response.statusCode !== 200) return { kind: 'refused', status: response.statusCode ?? 0 }
  return toEntry(plan.isStream ? lastUsage(text) : text)
}

/** What can be read as an answer with its usage is whole: a stream tells its usage last. */
function toEntry(text: string | undefined): CallerEntry {
  try {
    const { usage } = JSON.parse(text ?? '') as { usage: { prompt_tokens: number; completion_tokens: number } }
    return { kind: 'whole', inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
  } catch {
    return { kind: 'broken' }
  }
}

function countEvents(text: string): number {
  return text.split('\n\n').length - 1
}

function lastUsage(text: string): string | undefined {
  if (!text.endsWith('data: [DONE]\n\n')) return undefined
  return text.split('\n\n').at(-3)?.slice('data: '.length)
}
