import type { Worker } from 'node:cluster'
import type { ConfigSource } from '../../../config/plan-reload.ts'
import { type PrimaryMessage, sendToPrimary, type WorkerMessage } from './messages.ts'

// The primary process reads the configuration for all workers, and a worker that starts later gets the same one. Node
// drops messages that arrive before a worker listens, so each worker requests its configuration first.

/**
 * In a worker: requests the configuration to start with. Calls `onChange` with each later one, and confirms it to the
 * primary when that has resolved.
 */
export function requestConfig(onChange: (source: ConfigSource) => Promise<void>): Promise<ConfigSource> {
  const { promise, resolve } = Promise.withResolvers<ConfigSource>()
  let isFirst = true
  let lastChange = Promise.resolve()
  process.on('message', (message: PrimaryMessage) => {
    if (message.type !== 'weir:config') return
    const { source } = message
    if (isFirst) resolve(source)
    else
      lastChange = lastChange.then(() => onChange(source)).then(() => sendToPrimary({ type: 'weir:config-in-force' }))
    isFirst = false
  })
  sendToPrimary({ type: 'weir:config-request' })
  return promise
}

/** In the primary: responds to a worker's request with the result of `onRequest`. */
export function sendConfigOnRequest(worker: Worker, onRequest: () => ConfigSource): void {
  worker.on('message', ({ type }: WorkerMessage) => {
    // Ignores errors: the worker may have just ended.
    if (type === 'weir:config-request') worker.send(toMessage(onRequest()), () => {})
  })
}

/** In the primary: sends a new configuration to a worker. Resolves when the worker has applied it or has ended. */
export function pushConfig(worker: Worker, source: ConfigSource): Promise<void> {
  return new Promise((resolve) => {
    const listen = ({ type }: WorkerMessage) => {
      if (type === 'weir:config-in-force') finish()
    }
    const finish = () => {
      worker.off('message', listen)
      worker.off('disconnect', finish)
      resolve()
    }
    worker.on('message', listen)
    worker.once('disconnect', finish)
    worker.send(toMessage(source), (error: Error | null) => void (error && finish()))
  })
}

function toMessage(source: ConfigSource): PrimaryMessage {
  return { type: 'weir:config', source }
}
