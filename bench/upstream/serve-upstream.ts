import { createServer, type Socket } from 'node:net'
import { listenAndPrint } from '../machine/listen-and-print.ts'
import { createRequestReader } from './create-request-reader.ts'
import { createWholeResponse } from './create-whole-response.ts'
import { type Frames, messageStreamOf, streamOf } from './stream-of.ts'

/**
 * The upstream of every gateway. It writes prepared bytes to raw sockets, which costs almost nothing. The model's name
 * selects the response:
 * - `json-BYTES`, `image-BYTES`, `error-STATUS`: an unstreamed response;
 * - `events-COUNT-PACE`: COUNT events, PACE ms apart, or in one write if PACE is 0;
 * - `messages-COUNT`: COUNT deltas of Anthropic's Messages, in one write;
 * - `cut-COUNT-PACE`: a stream that breaks off after COUNT events;
 * - `silent`: no response.
 */
listenAndPrint(
  createServer({ noDelay: true }, (socket) => {
    const read = createRequestReader((request) => respond(socket, request))
    socket.on('error', () => socket.destroy())
    socket.on('data', read)
  }),
)

function respond(socket: Socket, request: string): void {
  const [, kind = 'json', size = '600', paceMs = '0'] = /"model":"([a-z]+)(?:-(\d+))?(?:-(\d+))?"/.exec(request) ?? []
  if (kind === 'messages') socket.write(messageStreamOf(Number(size)))
  else if (kind === 'events') writeEvents(socket, request, { count: Number(size), paceMs: Number(paceMs) })
  else if (kind === 'cut')
    writePaced(socket, streamOf(Number(size), false).frames, Number(paceMs), () => socket.destroy())
  else if (kind !== 'silent') socket.write(createWholeResponse(kind, Number(size)))
}

function writeEvents(socket: Socket, request: string, { count, paceMs }: { count: number; paceMs: number }): void {
  const { frames, whole } = streamOf(count, request.includes('"include_usage":true'))
  if (paceMs === 0) socket.write(whole)
  else writePaced(socket, frames, paceMs, () => socket.write(frames.end))
}

/** Writes chunks at a pace. The last event and the end of the stream are one write. */
function writePaced(socket: Socket, { head, chunks }: Frames, paceMs: number, finish: () => void): void {
  let at = 0
  socket.write(head)
  const timer = setInterval(() => {
    const chunk = chunks[at++]
    if (chunk === undefined || socket.destroyed) return clearInterval(timer)
    if (at === chunks.length) socket.cork()
    socket.write(chunk)
    if (at < chunks.length) return
    finish()
    if (!socket.destroyed) socket.uncork()
  }, paceMs)
}
