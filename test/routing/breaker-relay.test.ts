import cluster from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { createBreakerRelay } from '../../src/platform/node/workers/shared-breakers.ts'
import { projectRoot } from '../support/worker-bundle.ts'
import { describeBreakerChannel } from './contract/breaker-channel.ts'
import type { ProcessCommand, ProcessReply } from './contract/sharing-process.ts'

describeBreakerChannel('the primary process', async () => {
  const include = createBreakerRelay()
  const exits: Promise<unknown>[] = []
  return {
    async start() {
      const own = { ...cluster.settings }
      cluster.setupPrimary({ exec: join(projectRoot, 'test/routing/contract/sharing-process.ts'), execArgv: [] })
      const worker = cluster.fork()
      cluster.setupPrimary(own)
      exits.push(once(worker, 'exit'))
      include(worker)
      const nextReply = () =>
        new Promise<ProcessReply>((resolve) => {
          worker.on('message', function read(message: ProcessReply) {
            if (message.type !== 'test:done') return
            worker.off('message', read)
            resolve(message)
          })
        })
      // The messages of a channel keep their order: what a process sends before its reply has then been relayed.
      const ask = (command: ProcessCommand) => {
        const answered = nextReply()
        worker.send(command)
        return answered
      }
      await nextReply()
      return {
        apply: async (step) => void (await ask({ type: 'test:apply', step })),
        accepts: async (now) => (await ask({ type: 'test:accepts', now })).accepts ?? [false, false],
      }
    },
    async close() {
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill()
      await Promise.all(exits)
    },
  }
})
