import OpenAI from 'openai'
import { type ByteStream, toByteStream } from '../../src/core/byte-stream.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { type OperationName, operations } from '../../src/dialects/operations.ts'
import { demo } from '../../src/providers/demo.ts'
import type { OutboundBody, Provider, ProviderContext } from '../../src/providers/provider.ts'
import type { ProviderSettings } from '../../src/providers/provider-kind.ts'
import type { TransportResponse } from '../../src/providers/transport.ts'

/** A clock that moves only in `advance`. */
export interface ManualClock extends Clock {
  advance(ms: number): void
  /** Delays of the pending timers. */
  pending(): readonly number[]
  /** Resolves once the next timer is set. */
  nextTimer(): Promise<void>
}

export function createManualClock(): ManualClock {
  let now = 1_700_000_000_000
  let timers: { readonly at: number; readonly delayMs: number; readonly action: () => void }[] = []
  let next = Promise.withResolvers<void>()
  return {
    now: () => now,
    monotonicMs: () => now,
    after(delayMs, action) {
      const timer = { at: now + delayMs, delayMs, action }
      timers.push(timer)
      next.resolve()
      next = Promise.withResolvers()
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    advance(ms) {
      now += ms
      const due = timers.filter((timer) => timer.at <= now)
      timers = timers.filter((timer) => timer.at > now)
      for (const timer of due) timer.action()
    },
    pending: () => timers.map((timer) => timer.delayMs),
    nextTimer: () => next.promise,
  }
}

export interface Demo {
  readonly provider: Provider
  readonly clock: ManualClock
  readonly controller: AbortController
  readonly context: ProviderContext
  post(operation: OperationName, body: JsonObject): Promise<TransportResponse>
  postRaw(operation: OperationName, model: string, stream: ByteStream, contentType?: string): Promise<TransportResponse>
}

export function createDemo(wordDelayMs = 0): Demo {
  const clock = createManualClock()
  const controller = new AbortController()
  const settings: ProviderSettings & { readonly wordDelayMs: number } = {
    kind: 'demo',
    id: 'demo',
    apiKey: undefined,
    baseUrl: '',
    headers: {},
    forwardHeaders: { allow: [], deny: [] },
    models: ['demo/mine'],
    timeouts: { connectMs: 1, firstByteMs: 2, idleMs: 3, totalMs: 4 },
    onCallerGone: 'abort',
    streamOptions: true,
    wordDelayMs,
  }
  const provider = demo.create(settings)
  const context: ProviderContext = {
    clock,
    signal: controller.signal,
    transport: { send: () => Promise.reject(new Error('The demo must not use the network.')) },
  }
  function send(name: OperationName, model: string | undefined, body: OutboundBody): Promise<TransportResponse> {
    const isStream = body.kind === 'json' && body.object.stream === true
    const call = { operation: operations[name], model, isStream, body, query: '', headers: {}, ownKey: undefined }
    return provider.send(call, context)
  }
  return {
    provider,
    clock,
    controller,
    context,
    post(name, object) {
      const model = typeof object.model === 'string' ? object.model : undefined
      return send(name, model, { kind: 'json', text: JSON.stringify(object), object })
    },
    postRaw(name, model, stream, contentType = 'multipart/form-data') {
      return send(name, model, { kind: 'raw', contentType, length: undefined, stream })
    },
  }
}

/** Collects a body without backpressure. */
export function readBytes(body: ByteStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    body.start({
      write(chunk) {
        chunks.push(chunk)
        return true
      },
      end: () => resolve(Buffer.concat(chunks)),
      fail: reject,
    })
  })
}

export async function readText(response: TransportResponse): Promise<string> {
  return (await readBytes(response.body)).toString('utf8')
}

export async function readJson(response: TransportResponse) {
  return JSON.parse(await readText(response))
}

export interface ParsedEvent {
  readonly event: string | undefined
  readonly data: string
}

/** Parses server-sent events, and refuses any form that the demo does not write. */
export function parseEvents(text: string): readonly ParsedEvent[] {
  if (!text.endsWith('\n\n')) throw new Error('The last event is not finished.')
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((block) => {
      const match = /^(?:event: (?<event>\S+)\n)?data: (?<data>.+)$/.exec(block)
      if (match?.groups === undefined) throw new Error(`Not an event: ${block}`)
      return { event: match.groups.event, data: match.groups.data ?? '' }
    })
}

/** OpenAI's own client, which sends its requests directly to the provider. */
export function createSdk(demo: Demo): OpenAI {
  const names = Object.values(operations)
  return new OpenAI({
    apiKey: 'none',
    baseURL: 'http://demo.invalid/v1',
    maxRetries: 0,
    async fetch(url, init) {
      const path = new URL(String(url)).pathname.slice('/v1'.length)
      const operation = names.find((candidate) => candidate.path === path)
      if (operation === undefined) throw new Error(`No operation has the path ${path}.`)
      const request = new Request('http://demo.invalid', { method: 'POST', body: init?.body ?? null })
      const bytes = new Uint8Array(await request.arrayBuffer())
      const isForm = init?.body instanceof FormData
      const response = isForm
        ? await demo.postRaw(operation.name, 'demo/form', toByteStream(bytes))
        : await demo.post(operation.name, JSON.parse(new TextDecoder().decode(bytes)))
      return new Response(toReadable(response.body), { status: response.status, headers: response.headers })
    },
  })
}

function toReadable(body: ByteStream): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      body.start({
        write(chunk) {
          controller.enqueue(chunk)
          return (controller.desiredSize ?? 0) > 0
        },
        end: () => controller.close(),
        fail: (error) => controller.error(error),
      })
    },
    pull: () => body.resume(),
    cancel: (reason) => body.cancel(reason),
  })
}
