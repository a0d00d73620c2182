/** The head of a request or a response, as received. */
export interface MessageHead {
  readonly startLine: string
  /** In order; names and values are unchanged except for the spaces around a value. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }

export interface BodyDecoder {
  /** Consumes the bytes of the body and returns the bytes after it. Throws if the framing is broken. */
  push(bytes: Buffer): { readonly decoded: Buffer; readonly rest: Buffer }
  readonly isComplete: boolean
}

const headEnd = Buffer.from('\r\n\r\n')

/** Splits a whole head off the front of the bytes; undefined until its empty line has arrived. */
export function splitHead(bytes: Buffer): { readonly head: MessageHead; readonly rest: Buffer } | undefined {
  const end = bytes.indexOf(headEnd)
  if (end < 0) return undefined
  const [startLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  return { head: { startLine, headers: lines.map(splitHeaderLine) }, rest: bytes.subarray(end + headEnd.length) }
}

/** The first value of a header, by its lower-case name. */
export function findHeader(head: MessageHead, name: string): string | undefined {
  return head.headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

/** RFC 9112, 6.3. A request without a length has no body; a response without one ends when the connection closes. */
export function readFraming(head: MessageHead, side: 'request' | 'answer'): Framing {
  const coding = findHeader(head, 'transfer-encoding')
  const length = findHeader(head, 'content-length')
  if (coding !== undefined && length !== undefined) throw new Error('both transfer-encoding and content-length')
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw new Error(`transfer-encoding ${coding}`)
    return { kind: 'chunked' }
  }
  if (length !== undefined) {
    if (!/^\d+$/.test(length)) throw new Error(`content-length ${length}`)
    return { kind: 'length', bytes: Number(length) }
  }
  return side === 'request' ? { kind: 'length', bytes: 0 } : { kind: 'until-close' }
}

export function createBodyDecoder(framing: Framing): BodyDecoder {
  switch (framing.kind) {
    case 'length':
      return createLengthDecoder(framing.bytes)
    case 'chunked':
      return createChunkedDecoder()
    case 'until-close':
      return { push: (bytes) => ({ decoded: bytes, rest: Buffer.alloc(0) }), isComplete: false }
  }
}

export function encodeChunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

export const lastChunk = Buffer.from('0\r\n\r\n')

function splitHeaderLine(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw new Error(`header line without a name: ${JSON.stringify(line)}`)
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}

function createLengthDecoder(length: number): BodyDecoder {
  let missing = length
  return {
    push(bytes) {
      const decoded = bytes.subarray(0, missing)
      missing -= decoded.length
      return { decoded, rest: bytes.subarray(decoded.length) }
    },
    get isComplete() {
      return missing === 0
    },
  }
}

type ChunkedState =
  | { readonly at: 'size' | 'data-end' | 'trailer' | 'done' }
  | { readonly at: 'data'; readonly missing: number }

function createChunkedDecoder(): BodyDecoder {
  let state: ChunkedState = { at: 'size' }
  let pending: Buffer = Buffer.alloc(0)
  return {
    push(bytes) {
      pending = Buffer.concat([pending, bytes])
      const decoded: Buffer[] = []
      while (state.at !== 'done') {
        const step = takeChunkedStep(state, pending)
        if (step === undefined) return { decoded: Buffer.concat(decoded), rest: Buffer.alloc(0) }
        if (step.data !== undefined) decoded.push(step.data)
        state = step.next
        pending = pending.subarray(step.taken)
      }
      const rest = pending
      pending = Buffer.alloc(0)
      return { decoded: Buffer.concat(decoded), rest }
    },
    get isComplete() {
      return state.at === 'done'
    },
  }
}

interface ChunkedStep {
  readonly next: ChunkedState
  readonly taken: number
  readonly data?: Buffer
}

function takeChunkedStep(state: ChunkedState, pending: Buffer): ChunkedStep | undefined {
  if (state.at === 'data') {
    if (pending.length === 0) return undefined
    const data = pending.subarray(0, state.missing)
    const missing = state.missing - data.length
    return { next: missing === 0 ? { at: 'data-end' } : { at: 'data', missing }, taken: data.length, data }
  }
  const end = pending.indexOf('\r\n')
  if (end < 0) return undefined
  const line = pending.subarray(0, end).toString('latin1')
  return { next: toStateAfterLine(state, line), taken: end + 2 }
}

function toStateAfterLine(state: ChunkedState, line: string): ChunkedState {
  if (state.at === 'data-end') {
    if (line !== '') throw new Error('chunk longer than its size')
    return { at: 'size' }
  }
  if (state.at === 'trailer') return { at: line === '' ? 'done' : 'trailer' }
  const size = /^([0-9a-f]+)(;.*)?$/i.exec(line)?.[1]
  if (size === undefined) throw new Error(`chunk size ${JSON.stringify(line)}`)
  const missing = Number.parseInt(size, 16)
  return missing === 0 ? { at: 'trailer' } : { at: 'data', missing }
}
