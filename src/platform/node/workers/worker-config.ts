import type { Worker } from 'node:cluster'
import type { ConfigSource } from '../../../config/plan-reload.ts'

// The process that the operator started reads the configuration for all workers, and they agree on it, one that starts later included. Node
// drops messages for which a worker does not listen yet, so each asks first.

const question = 'weir:config'
const confirmation = 'weir:config-in-force'

/**
 * For a worker: the configuration that it starts with. `onChange` is called with each later one; the worker is taken to serve by it when
 * that has resolved.
 */
export function askForConfig(onChange: (source: ConfigSource) => Promise<void>): Promise<ConfigSource> {
  const { promise, resolve } = Promise.withResolvers<ConfigSource>()
  let isFirst = true
  let last = Promise.resolve()
  // A process that is gone is told nothing, and the worker ends without it.
  const tell = (message: string) => void process.send?.(message, undefined, undefined, () => {})
  process.on('message', (source: ConfigSource) => {
    if (isFirst) resolve(source)
    else last = last.then(() => onChange(source)).then(() => tell(confirmation))
    isFirst = false
  })
  tell(question)
  return promise
}

/** For the process that started a worker: answers its question by what `onQuestion` returns. */
export function answerConfigQuestion(worker: Worker, onQuestion: () => ConfigSource): void {
  worker.on('message', (message: unknown) => {
    // A worker that has just ended takes no message.
    if (message === question) worker.send(onQuestion(), () => {})
  })
}

/** Another configuration for a worker that has asked before. Resolves when it serves by that, or has ended. */
export function tellConfig(worker: Worker, source: ConfigSource): Promise<void> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (message === confirmation) finish()
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
