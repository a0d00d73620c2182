import { createServer, type Socket } from 'node:net'
import { listenAndSay } from '../machine/listen-and-say.ts'
import { createFrames, type Frames } from './create-frames.ts'

/**
 * The upstream of every gateway: raw sockets and bytes that were made before, so that it costs next to nothing. The model's name says
 * what to answer: `json`, or `events-COUNT-PACE` for so many events, `PACE` ms apart, or in one write with 0.
 */
listenAndSay(
  createServer({ noDelay: true }, (socket) => {
    let waiting: Buffer = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
      for (let length = requestLength(waiting); length > 0; length = requestLength(waiting)) {
        answer(socket, waiting.toString('latin1', 0, length))
        waiting = waiting.subarray(length)
      }
    })
  }),
)

/** Bytes of the request at the front, or 0 if it is not all here. */
function requestLength(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return 0
  const announced = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))
  const length = headEnd + 4 + Number(announced?.[1] ?? 0)
  return length <= bytes.length ? length : 0
}

const eventHead = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_bench\r\nx-accel-buffering: no\r\ntransfer-encoding: chunked\r\n\r\n',
)
const lastChunk = Buffer.from('0\r\n\r\n')
const wholeAnswer = createWholeAnswer(600)
const streams = new Map<string, { readonly frames: Frames; readonly whole: Buffer }>()

function answer(socket: Socket, request: string): void {
  const match = /"model":"events-(\d+)-(\d+)"/.exec(request)
  if (match === null) return void socket.write(wholeAnswer)
  const includesUsage = request.includes('"include_usage":true')
  const { frames, whole } = streamOf(Number(match[1]), includesUsage)
  const paceMs = Number(match[2])
  if (paceMs === 0) socket.write(whole)
  else writePaced(socket, frames, paceMs)
}

function streamOf(count: number, includesUsage: boolean) {
  const name = `${count} ${includesUsage}`
  const known = streams.get(name)
  if (known !== undefined) return known
  const frames = createFrames(count, includesUsage)
  const stream = { frames, whole: Buffer.concat([eventHead, ...frames.chunks, lastChunk]) }
  streams.set(name, stream)
  return stream
}

function writePaced(socket: Socket, { chunks }: Frames, paceMs: number): void {
  let at = 0
  socket.write(eventHead)
  const timer = setInterval(() => {
    const chunk = chunks[at++]
    if (chunk === undefined || socket.destroyed) return clearInterval(timer)
    socket.write(at === chunks.length ? Buffer.concat([chunk, lastChunk]) : chunk)
  }, paceMs)
}

/** A chat completion of exactly `bodyBytes`, with the headers that OpenAI sends. */
function createWholeAnswer(bodyBytes: number): Buffer {
  const toBody = (content: string) =>
    JSON.stringify({
      id: 'chatcmpl-bench00000000000000000000',
      object: 'chat.completion',
      created: 1_789_000_000,
      model: 'bench',
      choices: [
        { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
      ],
      usage: {
        prompt_tokens: 20,
        completion_tokens: 60,
        total_tokens: 80,
        prompt_tokens_details: { cached_tokens: 0 },
      },
    })
  const body = toBody('a'.repeat(bodyBytes - toBody('').length))
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\nopenai-processing-ms: 1\r\ncontent-length: ${body.length}\r\n\r\n`
  return Buffer.from(head + body)
}
