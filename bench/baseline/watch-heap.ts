import { createServer } from 'node:net'
import { GCProfiler, getHeapStatistics } from 'node:v8'
import { sumAllocated } from './sum-allocated.ts'

// Loaded into a server by `node --import`. A connection to the socket at WEIR_HEAP_SOCKET receives the number of bytes
// allocated since the previous connection.

let profiler = startProfiler()
let usedBefore = getHeapStatistics().used_heap_size

createServer((socket) => {
  const usedNow = getHeapStatistics().used_heap_size
  const { statistics } = profiler.stop()
  socket.on('error', () => socket.destroy())
  socket.end(String(sumAllocated(usedBefore, statistics, usedNow)))
  profiler = startProfiler()
  usedBefore = getHeapStatistics().used_heap_size
})
  .listen(process.env.WEIR_HEAP_SOCKET)
  .unref()

function startProfiler(): GCProfiler {
  const started = new GCProfiler()
  started.start()
  return started
}
