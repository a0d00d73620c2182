import { createServer, type Socket } from 'node:net'
import { listenAndSay } from '../machine/listen-and-say.ts'
import { createRequestReader } from './create-request-reader.ts'
import { createWholeAnswer } from './create-whole-answer.ts'
import { type Frames, streamOf } from './stream-of.ts'

/**
 * The upstream of every gateway: raw sockets and bytes that were made before, so that it costs next to nothing. The model's name says
 * what to answer: `json-BYTES`, `image-BYTES`, `error-STATUS`, `events-COUNT-PACE` for so many events, `PACE` ms apart, or in one write with
 * 0, `cut-COUNT-PACE` for a stream that breaks off after so many, and `silent` for no answer at all.
 */
listenAndSay(
  createServer({ noDelay: true }, (socket) => {
    const read = createRequestReader((request) => answer(socket, request))
    socket.on('error', () => socket.destroy())
    socket.on('data', read)
  }),
)

function answer(socket: Socket, request: string): void {
  const [, kind = 'json', size = '600', paceMs = '0'] = /"model":"([a-z]+)(?:-(\d+))?(?:-(\d+))?"/.exec(request) ?? []
  if (kind === 'events') writeEvents(socket, request, { count: Number(size), paceMs: Number(paceMs) })
  else if (kind === 'cut')
    writePaced(socket, streamOf(Number(size), false).frames, Number(paceMs), () => socket.destroy())
  else if (kind !== 'silent') socket.write(createWholeAnswer(kind, Number(size)))
}

function writeEvents(socket: Socket, request: string, { count, paceMs }: { count: number; paceMs: number }): void {
  const { frames, whole } = streamOf(count, request.includes('"include_usage":true'))
  if (paceMs === 0) socket.write(whole)
  else writePaced(socket, frames, paceMs, () => socket.write(frames.end))
}

/** The last event and the end of the stream are one write. */
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
