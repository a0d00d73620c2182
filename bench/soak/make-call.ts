import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { CallPlan } from './plan-call.ts'

/** `right` is what was planned, `left` is a caller that hung up first, and anything else is a fault, in words. */
export type CallEnd = 'right' | 'left' | { readonly fault: string }

const tailBytes = 32
/** A server that says nothing for so long is not going to. */
const silentMs = 30_000

/** Makes one call as planned. Never rejects. */
export async function makeCall(origin: string, plan: CallPlan, agent: Agent): Promise<CallEnd> {
  const { promise: left, resolve: leave } = Promise.withResolvers<'left'>()
  const outgoing = send(origin, plan, agent)
  const hangUp = () => {
    leave('left')
    outgoing.destroy()
  }
  const timer = plan.leavesAfterMs === undefined ? undefined : setTimeout(hangUp, plan.leavesAfterMs)
  if (plan.sendsHalf) outgoing.write(plan.body.slice(0, plan.body.length / 2), hangUp)
  else outgoing.end(plan.body)
  const end = await Promise.race([left, read(outgoing, plan)])
  clearTimeout(timer)
  return end
}

function send(origin: string, { method, path, token, body, closes }: CallPlan, agent: Agent): ClientRequest {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(method === 'POST' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  }
  return request(origin + path, { method, headers, agent: closes ? false : agent, timeout: silentMs })
}

function read(outgoing: ClientRequest, plan: CallPlan): Promise<CallEnd> {
  return new Promise((resolve) => {
    outgoing.on('error', (error) => resolve({ fault: `${plan.kind}: ${error.message}` }))
    outgoing.on('timeout', () => outgoing.destroy(new Error('silent')))
    outgoing.on('response', (response) => void readAnswer(response, plan).then(resolve))
  })
}

async function readAnswer(response: IncomingMessage, plan: CallPlan): Promise<CallEnd> {
  let tail = ''
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - tailBytes))).slice(-tailBytes)
      if (plan.readPauseMs > 0) await delay(plan.readPauseMs)
    }
  } catch (error) {
    return plan.ending === undefined ? 'right' : { fault: `${plan.kind}: ${String(error)}` }
  }
  const { status, ending } = plan
  if (response.statusCode !== status) return { fault: `${plan.kind}: status ${response.statusCode}, not ${status}` }
  if (ending === undefined) return tail.endsWith('data: [DONE]\n\n') ? { fault: `${plan.kind}: looks whole` } : 'right'
  return tail.trimEnd().endsWith(ending.trimEnd()) ? 'right' : { fault: `${plan.kind}: is not whole` }
}
