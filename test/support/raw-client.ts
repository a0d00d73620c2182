import { connect, type Socket } from 'node:net'
import { type BodyDecoder, createBodyDecoder, findHeader, type MessageHead, readFraming, splitHead } from './http1.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { withDeadline } from './with-deadline.ts'

/** A whole response, or the part that arrived before the connection ended. */
export interface RawResponse {
  readonly status: number
  readonly rawHeaders: readonly (readonly [name: string, value: string])[]
  /** The first value of a header, by its lower-case name. */
  header(name: string): string | undefined
  readonly body: Buffer
  readonly text: string
  /**
   * False if the connection ended before the framing did. A body that ends with its connection is complete after FIN.
   */
  readonly isComplete: boolean
}

/** A response whose head has arrived and whose body is still arriving. */
export interface RawResponseInProgress {
  readonly status: number
  header(name: string): string | undefined
  /** The decoded body once it contains the text or passes the test. Rejects if the body ends first. */
  bodyUntil(condition: string | ((body: Buffer) => boolean), timeoutMs?: number): Promise<string>
  whole(timeoutMs?: number): Promise<RawResponse>
}

/** A client that can misbehave in ways that HTTP libraries do not allow. */
export interface RawClient {
  /** Resolves when the kernel has taken the bytes. */
  send(bytes: string | Uint8Array): Promise<void>
  /** Takes all unread bytes once they contain the text or pass the test. */
  readUntil(condition: string | ((bytes: Buffer) => boolean), timeoutMs?: number): Promise<Buffer>
  /** Reads the connection's next whole response. A `100 Continue` counts as a response. Pass the method for HEAD. */
  readResponse(options?: ReadOptions): Promise<RawResponse>
  /** Returns the next response as soon as its head has arrived. Finish it with `whole` before the next one. */
  startResponse(options?: ReadOptions): Promise<RawResponseInProgress>
  /** Stops reading from the kernel; the server's socket then fills up. */
  pause(): void
  resume(): void
  /** Ends the sending side only. */
  halfClose(): void
  /**
   * Disconnects. The kernel sends FIN, or RST if it holds unread bytes. workerd treats a FIN as the end of the sending
   * side only and detects the disconnect at its next write; if it writes nothing, it detects only `reset`.
   */
  destroy(): void
  /** Disconnects with RST, which every server detects at once. */
  reset(): void
  readonly bytesReceived: number
  /** Resolves with `performance.now()` when either side has closed the connection. */
  readonly closed: Promise<number>
}

export interface ReadOptions {
  readonly method?: string
  readonly timeoutMs?: number
}

/**
 * Only a hang or a very busy machine takes this long. It is below a test's timeout, which lets the error name its
 * cause.
 */
const defaultTimeoutMs = 15_000

export async function openRawClient(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true })
  const closed = Promise.withResolvers<number>()
  const inbox = createInbox(socket)
  socket.on('close', () => closed.resolve(performance.now()))
  await untilConnected(socket)
  // The client closes when the server does, unless a test ended its side first to keep the connection half-open.
  socket.on('end', () => socket.end())
  const startResponse = async (options: ReadOptions = {}): Promise<RawResponseInProgress> =>
    toAnswer(await readHead(inbox, options.timeoutMs ?? defaultTimeoutMs), inbox, options)
  return {
    send: (bytes) => sendBytes(socket, bytes),
    readUntil: (condition, timeoutMs = defaultTimeoutMs) => readUntil(inbox, condition, timeoutMs),
    startResponse,
    readResponse: async (options = {}) => (await startResponse(options)).whole(options.timeoutMs),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    halfClose: () => void socket.end(),
    destroy: () => void socket.destroy(),
    reset: () => void socket.resetAndDestroy(),
    get bytesReceived() {
      return socket.bytesRead
    },
    closed: closed.promise,
  }
}

async function untilConnected(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('connect', resolve)
  // Later errors only close the connection, which the test watches through `closed`.
  socket.on('error', reject)
  await promise
}

async function sendBytes(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  await promise
}

/** Calls `attempt` whenever bytes arrive, until it returns a value or no more can arrive. */
async function readLoop<Value>(
  inbox: Inbox,
  attempt: (arrived: Buffer) => Value | undefined,
  { timeoutMs, missing }: { timeoutMs: number; missing: () => string },
): Promise<Value> {
  const loop = async (): Promise<Value> => {
    while (true) {
      const hasEnded = inbox.isEnded
      const value = attempt(inbox.take())
      if (value !== undefined) return value
      if (hasEnded) throw new Error(`the connection ended: ${missing()}`)
      await inbox.arrival()
    }
  }
  return withDeadline(loop(), timeoutMs, missing)
}

async function readUntil(
  inbox: Inbox,
  condition: string | ((bytes: Buffer) => boolean),
  timeoutMs: number,
): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  const attempt = (arrived: Buffer): Buffer | undefined => {
    bytes = Buffer.concat([bytes, arrived])
    return isMet(condition, bytes) ? bytes : undefined
  }
  return readLoop(inbox, attempt, { timeoutMs, missing: () => `not found in ${quote(bytes)}` })
}

async function readHead(inbox: Inbox, timeoutMs: number): Promise<MessageHead> {
  let bytes = Buffer.alloc(0)
  const attempt = (arrived: Buffer): MessageHead | undefined => {
    bytes = Buffer.concat([bytes, arrived])
    const split = splitHead(bytes)
    if (split !== undefined) inbox.restoreLongStrings(split.rest)
    return split?.head
  }
  return readLoop(inbox, attempt, { timeoutMs, missing: () => `no response head in ${quote(bytes)}` })
}

function toAnswer(head: MessageHead, inbox: Inbox, options: ReadOptions): RawResponseInProgress {
  const status = Number(head.startLine.split(' ')[1])
  const decoder = createAnswerDecoder(head, status, options.method)
  const isUntilClose = decoder !== undefined && readFraming(head, 'answer').kind === 'until-close'
  const header = (name: string): string | undefined => findHeader(head, name)
  const parts: Buffer[] = []
  const take = (arrived: Buffer): void => {
    const { decoded, rest } = decoder?.push(arrived) ?? { decoded: Buffer.alloc(0), rest: arrived }
    parts.push(decoded)
    inbox.restoreLongStrings(rest)
  }
  const isComplete = (): boolean =>
    decoder === undefined || decoder.isComplete || (isUntilClose && inbox.isEndedInOrder)
  return {
    status,
    header,
    async bodyUntil(condition, timeoutMs = defaultTimeoutMs) {
      const attempt = (arrived: Buffer): string | undefined => {
        take(arrived)
        const body = Buffer.concat(parts)
        if (isMet(condition, body)) return body.toString('utf8')
        if (isComplete()) throw new Error(`the body ended as ${quote(body)}`)
        return undefined
      }
      return readLoop(inbox, attempt, { timeoutMs, missing: () => `not found in ${quote(Buffer.concat(parts))}` })
    },
    async whole(timeoutMs = options.timeoutMs ?? defaultTimeoutMs) {
      const attempt = (arrived: Buffer): true | undefined => {
        const hasEnded = inbox.isEnded
        take(arrived)
        return isComplete() || hasEnded || undefined
      }
      await readLoop(inbox, attempt, {
        timeoutMs,
        missing: () => `no end of the body after ${quote(Buffer.concat(parts))}`,
      })
      const body = Buffer.concat(parts)
      return { status, rawHeaders: head.headers, header, body, text: body.toString('utf8'), isComplete: isComplete() }
    },
  }
}

/** RFC 9112, 6.3: some responses have no body, regardless of their headers. */
function createAnswerDecoder(head: MessageHead, status: number, method: string | undefined): BodyDecoder | undefined {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return undefined
  return createBodyDecoder(readFraming(head, 'answer'))
}

function isMet(condition: string | ((bytes: Buffer) => boolean), bytes: Buffer): boolean {
  return typeof condition === 'string' ? bytes.includes(condition) : condition(bytes)
}

function quote(bytes: Buffer): string {
  const shown = bytes.subarray(-300).toString('utf8')
  return `${bytes.length} bytes ${bytes.length > 300 ? 'ending ' : ''}${JSON.stringify(shown)}`
}
