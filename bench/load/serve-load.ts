import type { Load } from './load.ts'
import { runLoad } from './run-load.ts'

/**
 * The process that generates the load, on the core of the upstream. It accepts one load at a time over its IPC channel.
 */
process.on('message', async (load: Load) => {
  process.send?.(await runLoad(load))
})
process.once('disconnect', () => process.exit(0))
