/** The head of a request and the front of its body, where what decides stands. Only small bodies ask for usage, at their end. */
const mostRead = 4_096

/** Cuts what comes over one connection into requests, and tells the front of each as soon as all of it is here. */
export function createRequestReader(onRequest: (front: string) => void): (chunk: Buffer) => void {
  let waiting: Buffer[] = []
  let bytes = 0
  /** Of the request at the front; 0 until its head is here. */
  let wanted = 0

  function take(): void {
    if (waiting.length > 1) waiting = [Buffer.concat(waiting, bytes)]
    const [all] = waiting
    if (all === undefined) return
    wanted = readLength(all)
    if (wanted === 0 || wanted > bytes) return
    const front = all.toString('latin1', 0, Math.min(wanted, mostRead))
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

/** Bytes of the request at the front, or 0 if its head is not all here. */
function readLength(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return 0
  const announced = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))
  return headEnd + 4 + Number(announced?.[1] ?? 0)
}
