/** Callbacks for the responses on one connection. */
export interface ResponseEvents {
  /** Called for every piece of a body. */
  sawBody(): void
  sawEnd(response: { readonly status: number; readonly bodyBytes: number; readonly tail: string }): void
}

/** Length of a response's end that is kept to check it. */
const tailBytes = 32

/**
 * Reads consecutive HTTP/1.1 responses with a known length or in chunks. It jumps from chunk to chunk and copies only
 * the end of a body: the load must cost less than the measured gateway.
 */
export function createResponseReader(events: ResponseEvents): (bytes: Buffer) => void {
  let held = ''
  let status = 0
  let isChunked = false
  /** Bytes of the body, or of the current chunk, that are still missing. */
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

  /** Reads up to `mark`, which may span two packets. Returns the index after it, or -1. */
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
