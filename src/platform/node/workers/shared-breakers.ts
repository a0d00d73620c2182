import type { Worker } from 'node:cluster'
import type { BreakerState, HealthBook } from '../../../routing/health.ts'
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
  const open = new Map<string, BreakerState>()
  // Ignores errors: the worker may have just ended.
  const send = (worker: Worker, message: PrimaryMessage) => worker.send(message, () => {})
  return (worker) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'weir:breakers-request') {
        workers.add(worker)
        send(worker, { type: 'weir:breakers', breakers: [...open] })
      }
      if (message.type !== 'weir:breakers') return
      for (const [id, state] of message.breakers) {
        if (state.openUntil === 0) open.delete(id)
        else open.set(id, state)
      }
      // Its sender too: if two workers change a breaker at once, the order here decides for both.
      for (const each of workers) send(each, message)
    })
    worker.once('exit', () => workers.delete(worker))
  }
}
