import { fstatSync, writeSync } from 'node:fs'

/** Lines on their way to a log. */
export interface LineWriter {
  write(line: string): void
  /** Hands over what is still waiting. */
  flush(): void
}

/** Beyond it, more lines at once save nothing: the system call is a tenth of what its lines cost to copy. */
const maxCharacters = 16 * 1024

/** What several processes write into one pipe stays in one piece up to 4096 bytes. Source: POSIX, `PIPE_BUF`, as of Linux */
export const sharedPipeCharacters = 3 * 1024

/** Whoever follows the log does not notice; a SIGKILL may lose the lines of this long, though nothing of the books. */
const delayMs = 20

/**
 * Writing a line at once costs a system call a call, so lines go together: when there are enough, or `delayMs` after the first. A process
 * that ends by itself, or by an exception that nobody caught, writes the rest before it is gone; `sink` must be done when it returns.
 */
export function createLineWriter(sink: (text: string) => void, batchCharacters = maxCharacters): LineWriter {
  let waiting: string[] = []
  let characters = 0
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    waiting.push('')
    const text = waiting.join('\n')
    waiting = []
    characters = 0
    sink(text)
  }

  process.once('exit', flush)
  return {
    write(line) {
      if (characters > 0 && characters + line.length > batchCharacters) flush()
      // It keeps no process alive, since the rest is written at its end.
      timer ??= setTimeout(flush, delayMs).unref()
      waiting.push(line)
      characters += line.length
      if (characters >= batchCharacters) flush()
    },
    flush,
  }
}

/** Writes to stdout. Lines that a full disk does not take are lost, and later ones are not: the first failure ends Node's own stream into a file. */
export function toStdout(): (text: string) => void {
  if (!fstatSync(process.stdout.fd).isFile()) return (text) => void process.stdout.write(text)
  let isTorn = false
  return (text) => {
    let rest = Buffer.from(isTorn ? `\n${text}` : text)
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(process.stdout.fd, rest))
      isTorn = false
    } catch {
      isTorn = true
    }
  }
}
