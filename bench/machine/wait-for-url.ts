import type { Readable } from 'node:stream'
import type { StartedProcess } from './start-process.ts'

/** Waits until a server prints `ready: http://…`, and returns the origin. Rejects with its words where it ends before that. */
export function waitForUrl({ child }: StartedProcess, output: Readable | null): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    output?.setEncoding('utf8').on('data', (part: string) => {
      text += part
      const match = /ready: (http:\/\/[\w.]+:\d+)/.exec(text)
      if (match?.[1] !== undefined) resolve(match[1])
    })
    child.once('exit', () => reject(new Error(`A server of the benchmark ended at once:\n${text}`)))
  })
}
