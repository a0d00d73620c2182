/** Lines on their way to a log. */
export interface LineWriter {
  write(line: string): void
  /** Hands over what is still waiting. */
  flush(): void
}

/** Writing a line at once costs a system call a call; so those of one turn of the event loop go together. */
export function createLineWriter(sink: (text: string) => void): LineWriter {
  let waiting = ''
  function flush(): void {
    if (waiting === '') return
    const text = waiting
    waiting = ''
    sink(text)
  }
  return {
    write(line) {
      if (waiting === '') setImmediate(flush)
      waiting += `${line}\n`
    },
    flush,
  }
}
