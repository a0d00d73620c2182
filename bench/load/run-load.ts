import { connect, type Socket } from 'node:net'
import { createResponseReader } from './create-response-reader.ts'
import type { Load, LoadResult } from './load.ts'
import { toPercentiles } from './to-percentiles.ts'
import { toRequest } from './to-request.ts'

/** Sends consecutive requests on each of `concurrency` connections, and checks every response. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const startedAt = performance.now()
  const { calls = Number.POSITIVE_INFINITY } = load
  const until = load.calls === undefined ? startedAt + load.durationMs : Number.POSITIVE_INFINITY
  const tally: Tally = { clean: 0, faulty: 0, wholes: [], firstBytes: [], gaps: [], until, unsent: calls }
  await Promise.all(Array.from({ length: load.concurrency }, () => runConnection(load, tally)))
  return {
    clean: tally.clean,
    faulty: tally.faulty,
    elapsedMs: performance.now() - startedAt,
    whole: toPercentiles(tally.wholes),
    firstByte: toPercentiles(tally.firstBytes),
    gaps: tally.gaps,
  }
}

/** A gateway that is silent for this long has failed. */
const silentMs = 15_000

interface Tally {
  clean: number
  faulty: number
  readonly wholes: number[]
  readonly firstBytes: number[]
  readonly gaps: number[]
  readonly until: number
  unsent: number
}

function runConnection(load: Load, tally: Tally): Promise<void> {
  const { hostname, port } = new URL(load.origin)
  const request = toRequest(load)
  const isPaced = load.paceMs > 0
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let sentAt = 0
    let seenAt = 0
    let maxGap = 0
    let isRunning = false

    function send(): void {
      tally.unsent--
      isRunning = true
      seenAt = 0
      maxGap = 0
      sentAt = performance.now()
      socket.write(request)
    }

    function sawBody(): void {
      if (seenAt !== 0 && !isPaced) return
      const now = performance.now()
      if (seenAt === 0) tally.firstBytes.push(now - sentAt)
      else maxGap = Math.max(maxGap, now - seenAt)
      seenAt = now
    }

    function sawEnd({ status, bodyBytes, tail }: { status: number; bodyBytes: number; tail: string }): void {
      const now = performance.now()
      tally.wholes.push(now - sentAt)
      if (status === 200 && bodyBytes === load.bodyBytes && tail.endsWith(load.ending)) {
        tally.clean++
        if (isPaced) tally.gaps.push(maxGap)
      } else tally.faulty++
      isRunning = false
      if (now < tally.until && tally.unsent > 0) send()
      else close(socket)
    }

    socket.once('connect', send)
    socket.on('data', createResponseReader({ sawBody, sawEnd }))
    socket.setTimeout(silentMs, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      if (isRunning || sentAt === 0) tally.faulty++
      resolve()
    })
  })
}

function close(socket: Socket): void {
  socket.end()
  socket.destroySoon()
}
