import type { Load } from './load.ts'
import { runLoad } from './run-load.ts'

/** The process that makes the load, on the core of the upstream: takes one order at a time over its channel. */
process.on('message', async (load: Load) => {
  process.send?.(await runLoad(load))
})
process.once('disconnect', () => process.exit(0))
