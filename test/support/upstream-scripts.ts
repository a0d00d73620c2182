import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { createBrotliCompress, createDeflate, createDeflateRaw, createGzip, createZstdCompress } from 'node:zlib'
import { type Gate, isGate } from './gate.ts'
import { encodeChunk, lastChunk } from './http1.ts'
import type { Script, Wire } from './upstream-exchange.ts'

/** Bytes to send, or a gate to wait at. */
export type BodyPart = string | Uint8Array | Gate

/** An object becomes `data: {…}` and a blank line; a string or bytes are sent unchanged. */
export type SseEvent = BodyPart | object

type Headers = Readonly<Record<string, string>> | readonly (readonly [name: string, value: string])[]

export interface AnswerOptions {
  readonly status?: number
  /** Added to the content type and the framing. Pairs allow repeated names. */
  readonly headers?: Headers
  /** `close` sends neither a length nor chunks; the body ends with the connection. */
  readonly framing?: 'length' | 'chunked' | 'close'
  /** Sends pieces of this many bytes, each as a chunk under chunked framing. */
  readonly splitEvery?: number
  /** Stops after this many bytes of the body. `length` framing still declares the whole length. */
  readonly cutAfterBytes?: number
  /** How the body ends: as the framing requires (default; `fin` after a cut), with FIN, with RST, or never. */
  readonly ending?: 'complete' | 'fin' | 'reset' | 'never'
  /** Applies each encoding in turn and flushes after every part. */
  readonly encodings?: readonly Encoding[]
}

const encoders = {
  gzip: createGzip,
  'x-gzip': createGzip,
  deflate: createDeflate,
  /** Sent under the name `deflate`, as by some servers. */
  'deflate-raw': createDeflateRaw,
  br: createBrotliCompress,
  zstd: createZstdCompress,
} as const

export type Encoding = keyof typeof encoders

export interface SseOptions extends AnswerOptions {
  /** Ends with `data: [DONE]`; true by default, false after a cut. */
  readonly doneAtEnd?: boolean
  readonly cutAfterEvents?: number
}

export function json(status: number, value: unknown, options: AnswerOptions = {}): Script {
  return answer([JSON.stringify(value)], withType('application/json', { ...options, status }))
}

export function sse(events: readonly SseEvent[], options: SseOptions = {}): Script {
  const { doneAtEnd, cutAfterEvents, ...rest } = options
  const isTruncated = cutAfterEvents !== undefined || rest.cutAfterBytes !== undefined
  const parts = takeEvents(events, cutAfterEvents).map(toEventPart)
  if (doneAtEnd ?? (!isTruncated && (rest.ending ?? 'complete') === 'complete')) parts.push('data: [DONE]\n\n')
  return answer(
    parts,
    withType('text/event-stream; charset=utf-8', {
      framing: 'chunked',
      ...(isTruncated ? { ending: 'fin' } : {}),
      ...rest,
    }),
  )
}

/** Sends exactly these bytes, including the head, and keeps the connection open. */
export function raw(...parts: readonly BodyPart[]): Script {
  return { play: (wire) => writeParts(wire, parts, (bytes) => bytes) }
}

/** Accepts the request and stays silent until the client disconnects. */
export function silent(): Script {
  return { play: (wire) => wire.waitForClose() }
}

/** Resets the connection instead of responding. */
export function reset(): Script {
  return {
    play: async (wire) => {
      wire.reset()
      await wire.waitForClose()
    },
  }
}

/** Closes the connection with FIN and without a response. */
export function hangUp(): Script {
  return {
    play: async (wire) => {
      wire.finish()
      await wire.waitForClose()
    },
  }
}

/** Responds with HTML instead of JSON, as load balancers do. */
export function html500(status = 500): Script {
  const page =
    '<html><head><title>500 Internal Server Error</title></head><body><center><h1>500</h1></center></body></html>'
  return answer([page], withType('text/html', { status }))
}

export function redirect307(location: string): Script {
  return answer([''], { status: 307, headers: { location } })
}

/** Plays the script as soon as the head has arrived, while the client still sends its body. */
export function beforeBody(script: Script): Script {
  return { ...script, beforeBody: true }
}

/** Waits at the gate before the first byte. */
export function after(gate: Gate, script: Script): Script {
  return {
    ...script,
    play: async (wire, exchange) => {
      await wire.wait(gate)
      await script.play(wire, exchange)
    },
  }
}

/** Sends a whole response and more bytes on the same connection, as in response queue poisoning. */
export function extraBytesAfterResponse(script: Script, extra: string | Uint8Array): Script {
  return {
    ...script,
    play: async (wire, exchange) => {
      await script.play(wire, exchange)
      await wire.write(extra)
    },
  }
}

/** Sends chat chunks as fast as the client reads. `exchange.bytesSent` counts the bytes that the kernel accepted. */
export function flood({ totalBytes, eventBytes = 65_536 }: { totalBytes: number; eventBytes?: number }): Script {
  const event = Buffer.from(`data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(eventBytes)}"}}]}\n\n`)
  return {
    play: async (wire, exchange) => {
      await wire.write(toHead(withType('text/event-stream', { framing: 'chunked' }), 0))
      while (exchange.bytesSent < totalBytes) await wire.write(encodeChunk(event))
      await wire.write(encodeChunk(Buffer.from('data: [DONE]\n\n')))
      await wire.write(lastChunk)
    },
  }
}

/** Builds any response. The default framing is `length`. */
export function answer(parts: readonly BodyPart[], options: AnswerOptions = {}): Script {
  return {
    play: async (wire) => {
      const whole = await encodeAll(parts, options.encodings ?? [])
      const sent = cutParts(whole, options.cutAfterBytes ?? Number.POSITIVE_INFINITY)
      const ending = options.ending ?? (options.cutAfterBytes === undefined ? 'complete' : 'fin')
      const framing = options.framing ?? 'length'
      await wire.write(toHead(options, toPromisedLength(byteLength(whole), byteLength(sent), ending)))
      const pieces = sent.flatMap((part) => splitPart(part, options.splitEvery ?? Number.POSITIVE_INFINITY))
      await writeParts(wire, pieces, framing === 'chunked' ? encodeChunk : (bytes) => bytes)
      await endAnswer(wire, framing, ending)
    },
  }
}

/** A truncated response must declare more bytes than it sends. */
function toPromisedLength(whole: number, sent: number, ending: string): number {
  return ending === 'complete' || sent < whole ? whole : whole + 1_024
}

async function endAnswer(wire: Wire, framing: 'length' | 'chunked' | 'close', ending: string): Promise<void> {
  if (ending === 'complete' && framing === 'length') return
  if (ending === 'complete' && framing === 'chunked') return wire.write(lastChunk)
  if (ending === 'reset') wire.reset()
  if (ending === 'fin' || ending === 'complete') wire.finish()
  await wire.waitForClose()
}

async function writeParts(
  wire: Wire,
  parts: readonly BodyPart[],
  encode: (bytes: Buffer) => Uint8Array,
): Promise<void> {
  for (const part of parts) {
    if (isGate(part)) {
      await wire.wait(part)
      continue
    }
    const bytes = Buffer.from(part)
    // An empty chunk would be the last one.
    if (bytes.length === 0) continue
    await wire.write(encode(bytes))
    // Yields to the client in this process, which then reads the pieces one by one.
    await yieldToEventLoop()
  }
}

function toHead(options: AnswerOptions, length: number): string {
  const framing = {
    length: `content-length: ${length}`,
    chunked: 'transfer-encoding: chunked',
    close: 'connection: close',
  }[options.framing ?? 'length']
  const pairs = Array.isArray(options.headers) ? options.headers : Object.entries(options.headers ?? {})
  const names = (options.encodings ?? []).map((encoding) => encoding.replace('-raw', ''))
  const encoding = names.length > 0 ? [`content-encoding: ${names.join(', ')}`] : []
  const lines = [...pairs.map(([name, value]) => `${name}: ${value}`), ...encoding, framing]
  return `HTTP/1.1 ${options.status ?? 200} Scripted\r\n${lines.join('\r\n')}\r\n\r\n`
}

function withType(type: string, options: AnswerOptions): AnswerOptions {
  const given = Array.isArray(options.headers) ? options.headers : Object.entries(options.headers ?? {})
  const hasType = given.some(([name]) => name.toLowerCase() === 'content-type')
  return { ...options, headers: hasType ? given : [['content-type', type], ...given] }
}

function toEventPart(event: SseEvent): BodyPart {
  if (typeof event === 'string' || event instanceof Uint8Array || isGate(event)) return event
  return `data: ${JSON.stringify(event)}\n\n`
}

function takeEvents(events: readonly SseEvent[], limit: number | undefined): SseEvent[] {
  if (limit === undefined) return [...events]
  const taken: SseEvent[] = []
  let left = limit
  for (const event of events) {
    if (!isGate(event) && left-- === 0) break
    taken.push(event)
  }
  return taken
}

function byteLength(parts: readonly BodyPart[]): number {
  return parts.reduce((sum, part) => sum + (isGate(part) ? 0 : Buffer.byteLength(part)), 0)
}

function cutParts(parts: readonly BodyPart[], limit: number): BodyPart[] {
  const kept: BodyPart[] = []
  let left = limit
  for (const part of parts) {
    if (left === 0) break
    const piece = isGate(part) ? part : Buffer.from(part).subarray(0, left)
    kept.push(piece)
    if (!isGate(piece)) left -= Buffer.byteLength(piece)
  }
  return kept
}

function splitPart(part: BodyPart, size: number): BodyPart[] {
  if (isGate(part)) return [part]
  const bytes = Buffer.from(part)
  const pieces: BodyPart[] = []
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size))
  return pieces
}

/** Compresses a text as `encodings` does. */
export async function pack(text: string, encodings: readonly Encoding[]): Promise<Buffer> {
  const parts = await encodeAll([text], encodings)
  return Buffer.concat(parts.map((part) => (isGate(part) ? Buffer.alloc(0) : Buffer.from(part))))
}

async function encodeAll(parts: readonly BodyPart[], encodings: readonly Encoding[]): Promise<readonly BodyPart[]> {
  let whole = parts
  for (const encoding of encodings) whole = await encodeParts(whole, encoding)
  return whole
}

async function encodeParts(parts: readonly BodyPart[], encoding: Encoding): Promise<BodyPart[]> {
  const encoder = encoders[encoding]()
  const packed: BodyPart[] = []
  encoder.on('data', (bytes: Buffer) => packed.push(bytes))
  for (const part of parts) {
    if (isGate(part)) {
      packed.push(part)
      continue
    }
    encoder.write(Buffer.from(part))
    await new Promise<void>((resolve) => encoder.flush(() => resolve()))
  }
  const ended = new Promise<void>((resolve) => encoder.once('end', () => resolve()))
  encoder.end()
  await ended
  return packed
}
