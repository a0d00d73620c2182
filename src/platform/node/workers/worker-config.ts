import type { Worker } from 'node:cluster'
import type { ConfigSource } from '../../../config/plan-reload.ts'

// The primary process reads the configuration for all workers, and a worker that starts later gets the same one. Node
// drops messages that arrive before a worker listens, so each worker requests its configuration first.

const requestMessage = 'weir:config'
const appliedMessage = 'weir:config-in-force'

/**
 * In a worker: requests the configuration to start with. Calls `onChange` with each later one, and confirms it to the
 * primary when that has resolved.
 */
export function requestConfig(onChange: (source: ConfigSource) => Promise<void>): Promise<ConfigSource> {
  const { promise, resolve } = Promise.withResolvers<ConfigSource>()
  let isFirst = true
  let lastChange = Promise.resolve()
  // Ignores errors: if the primary is gone, the worker ends anyway.
  const sendToPrimary = (message: string) => void process.send?.(message, undefined, undefined, () => {})
  process.on('message', (source: ConfigSource) => {
    if (isFirst) resolve(source)
    else lastChange = lastChange.then(() => onChange(source)).then(() => sendToPrimary(appliedMessage))
    isFirst = false
  })
  sendToPrimary(requestMessage)
  return promise
}

/** In the primary: responds to a worker's request with the result of `onRequest`. */
export function sendConfigOnRequest(worker: Worker, onRequest: () => ConfigSource): void {
  worker.on('message', (message: unknown) => {
    // Ignores errors: the worker may have just ended.
    if (message === requestMessage) worker.send(onRequest(), () => {})
  })
}

/** In the primary: sends a new configuration to a worker. Resolves when the worker has applied it or has ended. */
export function pushConfig(worker: Worker, source: ConfigSource): Promise<void> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (message === appliedMessage) finish()
    }
    const finish = () => {
      worker.off('message', listen)
      worker.off('disconnect', finish)
      resolve()
    }
    worker.on('message', listen)
    worker.once('disconnect', finish)
    worker.send(source, (error: Error | null) => void (error && finish()))
  })
}
