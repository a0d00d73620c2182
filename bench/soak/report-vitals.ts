import { renameSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { isMainThread } from 'node:worker_threads'
import type { Vitals } from './read-vitals.ts'

// Loaded into a server by `node --import`. Writes figures that are only visible inside the process to a file named
// after it.

const folder = process.env.WEIR_SOAK_VITALS
const reportMs = 1_000
/** Number of reports per histogram of the event loop. */
const reportsPerHistogram = 5
const resolutionMs = 5
const mebibyte = 2 ** 20
/** `NODE_PERFORMANCE_GC_MAJOR` */
const majorGc = 4

if (folder !== undefined && isMainThread) reportTo(`${folder}/${process.pid}.json`)

function reportTo(file: string): void {
  let heapMiB: number | undefined
  let reports = 0
  let loopP99Ms: number | undefined
  const loop = monitorEventLoopDelay({ resolution: resolutionMs })
  loop.enable()

  // Only right after a full collection is the used heap all live; otherwise most of it is uncollected garbage.
  new PerformanceObserver((list) => {
    const isFull = list.getEntries().some((entry) => 'detail' in entry && Object(entry.detail).kind === majorGc)
    if (isFull) heapMiB = getHeapStatistics().used_heap_size / mebibyte
  }).observe({ entryTypes: ['gc'] })

  function report(): void {
    reports += 1
    if (reports % reportsPerHistogram === 0) {
      // Subtracts the resolution, which even a punctual loop reports.
      loopP99Ms = Math.max(0, loop.percentile(99) / 1e6 - resolutionMs)
      loop.reset()
    }
    const vitals: Vitals = { heapMiB, loopP99Ms, externalMiB: process.memoryUsage().external / mebibyte }
    try {
      writeFileSync(`${file}.new`, JSON.stringify(vitals))
      renameSync(`${file}.new`, file)
    } catch {
      // The disk is full: the previous report stays.
    }
  }

  setInterval(report, reportMs).unref()
}
