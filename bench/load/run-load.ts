import { connect, type Socket } from 'node:net'
import { createAnswerReader } from './create-answer-reader.ts'
import type { Load, LoadResult } from './load.ts'
import { toPercentiles } from './to-percentiles.ts'

/** Sends one request after another on each of `concurrency` connections, and looks at every answer. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const startedAt = performance.now()
  const tally: Tally = { clean: 0, faulty: 0, wholes: [], firstBytes: [], deadline: startedAt + load.durationMs }
  await Promise.all(Array.from({ length: load.concurrency }, () => runConnection(load, tally)))
  return {
    clean: tally.clean,
    faulty: tally.faulty,
    elapsedMs: performance.now() - startedAt,
    whole: toPercentiles(tally.wholes),
    firstByte: toPercentiles(tally.firstBytes),
  }
}

interface Tally {
  clean: number
  faulty: number
  readonly wholes: number[]
  readonly firstBytes: number[]
  readonly deadline: number
}

function runConnection(load: Load, tally: Tally): Promise<void> {
  const { hostname, port, host } = new URL(load.origin)
  const request = toRequest(host, load.body)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let sentAt = 0
    let isRunning = false

    function send(): void {
      isRunning = true
      sentAt = performance.now()
      socket.write(request)
    }

    socket.once('connect', send)
    socket.on(
      'data',
      createAnswerReader({
        sawBody: () => void tally.firstBytes.push(performance.now() - sentAt),
        sawEnd({ status, bodyBytes, tail }) {
          const now = performance.now()
          tally.wholes.push(now - sentAt)
          if (status === 200 && bodyBytes === load.bodyBytes && tail.endsWith(load.ending)) tally.clean++
          else tally.faulty++
          isRunning = false
          if (now < tally.deadline) send()
          else close(socket)
        },
      }),
    )
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      if (isRunning) tally.faulty++
      resolve()
    })
  })
}

function close(socket: Socket): void {
  socket.end()
  socket.destroySoon()
}

function toRequest(host: string, body: string): Buffer {
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: ${host}`,
    'accept: application/json',
    'content-type: application/json',
    'user-agent: OpenAI/JS 7.57.0',
    'authorization: Bearer bench-caller-token',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
