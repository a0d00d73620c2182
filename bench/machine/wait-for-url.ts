import type { Readable } from 'node:stream'
import type { StartedProcess } from './start-process.ts'

/**
 * Waits until a server prints `ready: http://…`, and resolves with the origin. Rejects with its output if it exits
 * before.
 */
export function waitForUrl({ child }: StartedProcess, output: Readable | null): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    output?.setEncoding('utf8').on('data', (part: string) => {
      received += part
      const match = /ready: (http:\/\/[\w.]+:\d+)/.exec(received)
      if (match?.[1] !== undefined) resolve(match[1])
    })
    child.once('exit', () => reject(new Error(`A server of the benchmark exited at once:\n${received}`)))
  })
}
