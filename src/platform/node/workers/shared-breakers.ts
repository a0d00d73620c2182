import type { Worker } from 'node:cluster'
import { BreakerBoard } from '../../../routing/breaker-board.ts'
import type { HealthBook } from '../../../routing/health.ts'
import { type PrimaryMessage, sendToPrimary, type WorkerMessage } from './messages.ts'

/** In a worker: shares its breakers with the other workers. Resolves when it has their states. */
export function shareBreakers(health: HealthBook): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.on('message', (message: PrimaryMessage) => {
    if (message.type !== 'weir:breakers') return
    for (const [id, state] of message.breakers) health.receive(id, state)
    resolve()
  })
  health.share({
    publish: (id, state) => sendToPrimary({ type: 'weir:breakers', breakers: [[id, state]] }),
  })
  sendToPrimary({ type: 'weir:breakers-request' })
  return promise
}

/** In the primary: returns a function that includes a worker among those that share their breakers. */
export function createBreakerRelay(): (worker: Worker) => void {
  const workers = new Set<Worker>()
  const board = new BreakerBoard()
  // Ignores errors: the worker may have just ended.
  const send = (worker: Worker, message: PrimaryMessage) => worker.send(message, () => {})
  return (worker) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'weir:breakers-request') {
        workers.add(worker)
        send(worker, { type: 'weir:breakers', breakers: board.list(Date.now()) })
      }
      if (message.type !== 'weir:breakers') return
      const breakers = board.merge(message.breakers, Date.now())
      if (breakers.length === 0) return
      // Its sender too: if two workers change a breaker at once, the order here decides for both.
      for (const each of workers) send(each, { type: 'weir:breakers', breakers })
    })
    worker.once('exit', () => workers.delete(worker))
  }
}
