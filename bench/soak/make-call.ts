import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { CallerEntry } from '../crash/run-callers.ts'
import type { CallPlan } from './plan-call.ts'

export interface CallEnd {
  /** The caller's record of the call. */
  readonly entry: CallerEntry
  /** 0 without a response. */
  readonly status: number
  /** The code of an error. */
  readonly code: string | undefined
  /** True for the replayed response of an earlier call. */
  readonly isReplayed: boolean
}

/** Length of a response's beginning that is kept: a whole error, and the errors of a GraphQL response. */
const headBytes = 16_384
const tailBytes = 32
/** A server that is silent for this long has failed: upstream faults end after seconds. */
const silentMs = 40_000

/** Sends one call as planned. Never rejects. */
export async function makeCall(origin: string, plan: CallPlan, agent: Agent): Promise<CallEnd> {
  const { promise, resolve } = Promise.withResolvers<CallEnd>()
  const { method, path, headers, body, closes, leavesAfterMs } = plan
  const length = method === 'POST' ? { 'content-length': Buffer.byteLength(body) } : {}
  const outgoing = request(origin + path, {
    ...{ method, headers: { ...headers, ...length } },
    ...{ agent: closes ? false : agent, timeout: silentMs },
  })
  const hangUp = () => {
    resolve(ended({ kind: 'left' }))
    outgoing.destroy()
  }
  const timer = leavesAfterMs === undefined ? undefined : setTimeout(hangUp, leavesAfterMs)
  watch(outgoing, plan, resolve)
  if (plan.sendsHalf) outgoing.write(body.slice(0, body.length / 2), hangUp)
  else outgoing.end(body)
  const end = await promise
  clearTimeout(timer)
  return end
}

function watch(outgoing: ClientRequest, plan: CallPlan, resolve: (end: CallEnd) => void): void {
  let isConnected = false
  outgoing.on('socket', (socket) => {
    isConnected = !socket.connecting
    if (isConnected) return
    socket.once('connect', () => {
      isConnected = true
    })
  })
  outgoing.on('error', () => resolve(ended({ kind: isConnected ? 'broken' : 'unsent' })))
  outgoing.on('timeout', () => outgoing.destroy(new Error('silent')))
  outgoing.on('response', (response) => void readResponse(response, plan).then(resolve))
}

async function readResponse(response: IncomingMessage, plan: CallPlan): Promise<CallEnd> {
  const { statusCode: status = 0, headers } = response
  let [head, tail] = ['', '']
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (head.length < headBytes) head += chunk.toString('latin1', 0, headBytes - head.length)
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - tailBytes))).slice(-tailBytes)
      if (plan.readPauseMs > 0) await delay(plan.readPauseMs)
    }
  } catch {
    return ended({ kind: 'broken' }, status)
  }
  const isReplayed = headers['idempotent-replayed'] === 'true'
  if (status !== 200 || /"errors":|"error":/.test(head + tail))
    return { ...ended({ kind: 'refused', status }, status), code: readCode(head), isReplayed }
  if (!tail.trimEnd().endsWith(plan.ending.trimEnd())) return ended({ kind: 'broken' }, status)
  const { inputTokens, outputTokens, costNano } = plan.booked ?? { inputTokens: 0, outputTokens: 0, costNano: 0 }
  return { ...ended({ kind: 'whole', inputTokens, outputTokens, costNano }, status), isReplayed }
}

function ended(entry: CallerEntry, status = 0): CallEnd {
  return { entry, status, code: undefined, isReplayed: false }
}

function readCode(head: string): string | undefined {
  return /"code": ?"([\w-]+)"/i.exec(head)?.[1]
}
