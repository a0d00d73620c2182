/** Told of the answers on one connection. */
export interface AnswerEvents {
  /** With every piece of body. */
  sawBody(): void
  sawEnd(answer: { readonly status: number; readonly bodyBytes: number; readonly tail: string }): void
}

/** How much of the end of an answer is kept, to tell whether it is the right end. */
const tailBytes = 32

/**
 * Reads HTTP/1.1 answers, one after another, with a known length or in chunks. It hops from chunk to chunk and copies nothing of the
 * body but its end: the load must cost less than what is measured.
 */
export function createAnswerReader(events: AnswerEvents): (bytes: Buffer) => void {
  let held = ''
  let status = 0
  let isChunked = false
  /** Bytes of body, or of the current chunk, still to come. */
  let missing = 0
  let state: 'head' | 'body' | 'size' | 'gap' | 'last' = 'head'
  let bodyBytes = 0
  let tail = ''

  function begin(head: string): void {
    status = Number(head.slice(9, 12))
    isChunked = /\r\ntransfer-encoding: *chunked/i.test(head)
    missing = isChunked ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    bodyBytes = 0
    tail = ''
    state = isChunked ? 'size' : 'body'
    if (!isChunked && missing === 0) end()
  }

  function end(): void {
    state = 'head'
    events.sawEnd({ status, bodyBytes, tail })
  }

  /** Takes text up to `mark`, which may be cut by the border of two packets; the index after it, or -1. */
  function takeUntil(mark: string, bytes: Buffer, at: number): number {
    const found = held === '' ? bytes.indexOf(mark, at, 'latin1') : -1
    if (found !== -1) {
      held = bytes.toString('latin1', at, found)
      return found + mark.length
    }
    const before = held.length
    held += bytes.toString('latin1', at)
    const end = held.indexOf(mark)
    if (end === -1) return -1
    held = held.slice(0, end)
    return at + end + mark.length - before
  }

  function takeBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + missing)
    events.sawBody()
    bodyBytes += end - at
    missing -= end - at
    tail = (tail + bytes.toString('latin1', Math.max(at, end - tailBytes), end)).slice(-tailBytes)
    return end
  }

  function takeLine(bytes: Buffer, at: number): number {
    const next = takeUntil(state === 'head' ? '\r\n\r\n' : '\r\n', bytes, at)
    if (next === -1) return bytes.length
    const line = held
    held = ''
    sawLine(line)
    return next
  }

  function sawLine(line: string): void {
    if (state === 'head') begin(line)
    else if (state === 'last') end()
    else if (state === 'gap') state = 'size'
    else {
      missing = Number.parseInt(line, 16)
      state = missing === 0 ? 'last' : 'body'
    }
  }

  return (bytes) => {
    let at = 0
    while (at < bytes.length) {
      if (state !== 'body') {
        at = takeLine(bytes, at)
        continue
      }
      at = takeBody(bytes, at)
      if (missing > 0) continue
      if (isChunked) state = 'gap'
      else end()
    }
  }
}
