/**
 * Maximum length of a request's front: its head, and the start of its body. Only small bodies request usage, at their
 * end.
 */
const maxFrontBytes = 4_096

/** Splits the bytes of a connection into requests. Reports the front of each once the request is complete. */
export function createRequestReader(onRequest: (front: string) => void): (chunk: Buffer) => void {
  let waiting: Buffer[] = []
  let bytes = 0
  /** Length of the first request; 0 until its head is complete. */
  let wanted = 0

  function take(): void {
    if (waiting.length > 1) waiting = [Buffer.concat(waiting, bytes)]
    const [all] = waiting
    if (all === undefined) return
    wanted = readLength(all)
    if (wanted === 0 || wanted > bytes) return
    const front = all.toString('latin1', 0, Math.min(wanted, maxFrontBytes))
    waiting = wanted === bytes ? [] : [all.subarray(wanted)]
    bytes -= wanted
    wanted = 0
    onRequest(front)
    if (bytes > 0) take()
  }

  return (chunk) => {
    waiting.push(chunk)
    bytes += chunk.length
    if (bytes >= wanted) take()
  }
}

/** Returns the length of the first request, or 0 if its head is incomplete. */
function readLength(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return 0
  const announced = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))
  return headEnd + 4 + Number(announced?.[1] ?? 0)
}
