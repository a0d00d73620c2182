import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Vitals } from './vitals.ts'

// Loaded into the server by `node --import`: tells, over the channel to whoever started it, what can only be seen from inside.

const reportMs = 1_000
const mebibyte = 2 ** 20
/** `NODE_PERFORMANCE_GC_MAJOR` */
const majorGc = 4

let heapMiB: number | undefined

// What is in use right after a full collection is alive; at any other time most of the heap is garbage that nobody has looked at yet.
new PerformanceObserver((list) => {
  const isFull = list.getEntries().some((entry) => 'detail' in entry && Object(entry.detail).kind === majorGc)
  if (isFull) heapMiB = getHeapStatistics().used_heap_size / mebibyte
}).observe({ entryTypes: ['gc'] })

setInterval(report, reportMs).unref()

function report(): void {
  const { external, arrayBuffers } = process.memoryUsage()
  const resources: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  const vitals: Vitals = {
    heapMiB,
    externalMiB: external / mebibyte,
    arrayBuffersMiB: arrayBuffers / mebibyte,
    resources,
  }
  // The one who asked may be gone; that is no reason for a server to end.
  process.send?.(vitals, undefined, undefined, () => {})
}
