import { fstatSync, writeSync } from 'node:fs'

/** Writes log lines in batches. */
export interface LineWriter {
  write(line: string): void
  /** Writes the buffered lines now. */
  flush(): void
}

/** Maximum batch. Larger batches save nothing: here the system call costs a tenth of copying its lines. */
const maxCharacters = 16 * 1024

/** Maximum batch for a pipe shared by processes: Linux writes up to 4096 bytes atomically (POSIX `PIPE_BUF`). */
export const sharedPipeCharacters = 3 * 1024

/** Too short for a reader of the log to notice. A SIGKILL may lose the lines of this time, but no usage records. */
const delayMs = 20

/**
 * Creates a writer that batches lines, because a write per line costs a system call per request. It writes a batch when
 * it is full, or `delayMs` after its first line. A process that exits, also through an uncaught exception, writes the
 * rest first; `sink` must write synchronously.
 */
export function createLineWriter(sink: (batch: string) => void, batchCharacters = maxCharacters): LineWriter {
  let waiting: string[] = []
  let characters = 0
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    waiting.push('')
    const batch = waiting.join('\n')
    waiting = []
    characters = 0
    sink(batch)
  }

  process.once('exit', flush)
  return {
    write(line) {
      if (characters > 0 && characters + line.length > batchCharacters) flush()
      // The timer need not keep the process alive: the exit handler writes the rest.
      timer ??= setTimeout(flush, delayMs).unref()
      waiting.push(line)
      characters += line.length
      if (characters >= batchCharacters) flush()
    },
    flush,
  }
}

/** Returns a writer to stdout that survives a full disk; Node's own stream into a file ends at the first failure. */
export function toStdout(): (batch: string) => void {
  if (!fstatSync(process.stdout.fd).isFile()) return (batch) => void process.stdout.write(batch)
  let isTorn = false
  return (batch) => {
    let rest = Buffer.from(isTorn ? `\n${batch}` : batch)
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(process.stdout.fd, rest))
      isTorn = false
    } catch {
      isTorn = true
    }
  }
}
