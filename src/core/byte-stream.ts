import type { BufferShare } from './buffers.ts'

/**
 * Receives the bytes of a {@link ByteStream}. The last call is one of `end` and `fail`, unless the stream is cancelled.
 */
export interface ByteSink {
  /** Accepts every chunk. Returns `false` to pause the source until `resume()`. */
  write(chunk: Uint8Array): boolean
  end(): void
  fail(error: unknown): void
  /**
   * Asks the platform to send the rest of `source` to the client by a native pipe; returns true if it does.
   *
   * - Call it while `source` pushes a chunk, after that chunk is written.
   * - From then on `source` pushes late copies of bytes already sent; they must not be written again.
   * - A `write` during this time ends the native pipe and is sent after it; then `source` pushes unsent bytes again.
   */
  offload?(source: ByteStream): boolean
}

/**
 * A push stream of bytes with backpressure. It is read at most once.
 *
 * It replaces the web's ReadableStream, which costs 2 µs per chunk on Node and 8 µs per transformed chunk.
 * Each platform converts it to the stream type of its sockets.
 */
export interface ByteStream {
  /** Starts the flow. The stream may push chunks before `start` returns. */
  start(sink: ByteSink): void
  /** Continues after a `write` that returned `false`. */
  resume(): void
  /** Stops the source and frees its memory; pushes nothing afterwards. Safe to call twice, and before `start`. */
  cancel(reason?: unknown): void
  /** Ends the stream early with an error that the client can detect. Without it, the platform closes the connection. */
  interrupt?(error: Error): void
}

/** Creates a stream of one chunk. */
export function toByteStream(bytes: Uint8Array): ByteStream {
  let cancelled = false
  return {
    start(sink) {
      if (cancelled) return
      if (bytes.length > 0) sink.write(bytes)
      sink.end()
    },
    resume() {},
    cancel() {
      cancelled = true
    },
  }
}

/**
 * Creates a stream from a pull source: calls `read` whenever the sink accepts more. `close` frees the source if the
 * stream is cancelled or fails before its end; `toError` converts the error of a failure.
 */
export function pullStream(
  read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>,
  close: (reason: unknown) => Promise<unknown>,
  toError: (cause: unknown) => unknown = (cause) => cause,
): ByteStream {
  let isPaused = false
  let isOver = false
  let wake = () => {}

  async function pump(sink: ByteSink): Promise<void> {
    for (let result = await read(); !isOver; result = await read()) {
      if (result.done || result.value === undefined) {
        isOver = true
        sink.end()
        return
      }
      // Set before the write, because a sink may call `resume` within `write`.
      isPaused = true
      if (sink.write(result.value)) isPaused = false
      if (isPaused && !isOver) await resumed()
      if (isOver) return
    }
  }

  function resumed(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
    })
  }

  return {
    start(sink) {
      if (isOver) return
      pump(sink).catch((error: unknown) => {
        if (isOver) return
        isOver = true
        close(error).catch(() => {})
        sink.fail(toError(error))
      })
    },
    resume() {
      isPaused = false
      wake()
    },
    cancel(reason) {
      if (isOver) return
      isOver = true
      wake()
      close(reason).catch(() => {})
    },
  }
}

/** Converts a web stream to a ByteStream; `toError` converts the error of a failure. */
export function fromReadable(
  readable: ReadableStream<Uint8Array> | null,
  toError: (cause: unknown) => Error,
): ByteStream {
  if (readable === null) return toByteStream(new Uint8Array())
  const reader = readable.getReader()
  return pullStream(
    () => reader.read(),
    (reason) => reader.cancel(reason),
    toError,
  )
}

/**
 * Delegates to `source`, except for `changes`. A spread would lose the methods of a source that is a class instance.
 */
export function wrapStream(source: ByteStream, changes: Partial<ByteStream>): ByteStream {
  return {
    start: (sink) => source.start(sink),
    resume: () => source.resume(),
    cancel: (reason) => source.cancel(reason),
    ...(source.interrupt !== undefined && { interrupt: (error) => source.interrupt?.(error) }),
    ...changes,
  }
}

/** A maximum body size. The received bytes are counted, because `Content-Length` can be wrong or missing (R30). */
export interface ByteBound {
  readonly bytes: number
  /** Creates the error of a stream that exceeds the maximum. */
  readonly tooLarge: () => Error
}

const unbounded: ByteBound = { bytes: Number.POSITIVE_INFINITY, tooLarge: () => new Error('unreachable') }

/**
 * Reads a stream to its end. The bytes are reserved in `share` and stay reserved. Rejects with the error of the
 * stream; also rejects, and cancels the stream, if it exceeds the bound or `share` has no room.
 */
export function gather(stream: ByteStream, bound: ByteBound = unbounded, share?: BufferShare): Promise<Uint8Array> {
  return new Promise((resolve, reject) => consume(stream, bound, new Gatherer(bound, share, resolve, reject)))
}

class Gatherer implements ChunkConsumer {
  readonly #bound: ByteBound
  readonly #share: BufferShare | undefined
  readonly #resolve: (bytes: Uint8Array) => void
  readonly #reject: (error: unknown) => void
  readonly #pieces = new Pieces()
  #long: LongBytes | undefined = undefined

  constructor(
    bound: ByteBound,
    share: BufferShare | undefined,
    resolve: (bytes: Uint8Array) => void,
    reject: (error: unknown) => void,
  ) {
    this.#bound = bound
    this.#share = share
    this.#resolve = resolve
    this.#reject = reject
  }

  take(chunk: Uint8Array): void {
    const { bytes, tooLarge } = this.#bound
    const pieces = this.#pieces
    this.#share?.require(pieces.length + (this.#long?.length ?? 0) + chunk.length, tooLarge)
    pieces.add(chunk)
    if (pieces.length <= joinedBytes || !Number.isFinite(bytes)) return
    this.#long ??= new LongBytes(bytes)
    this.#moveTo(this.#long)
  }

  end(): void {
    if (this.#long === undefined) {
      this.#resolve(this.#pieces.join())
      return
    }
    this.#moveTo(this.#long)
    this.#resolve(this.#long.view())
  }

  fail(error: unknown): void {
    // The owner releases the share now, but the garbage collector would free the bytes late.
    this.#long?.release()
    this.#reject(error)
  }

  #moveTo(long: LongBytes): void {
    for (const piece of this.#pieces.list()) long.add(piece)
    this.#pieces.clear()
  }
}

/** Longer bodies grow in one buffer, because joining their chunks would hold them twice. */
const joinedBytes = 1_048_576

/** A single buffer that grows up to `maxBytes`. */
export class LongBytes {
  readonly #buffer: ArrayBuffer
  readonly #maxBytes: number
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    // Reserves address space for the maximum, but no memory.
    this.#buffer = new ArrayBuffer(0, { maxByteLength: maxBytes })
  }

  get length(): number {
    return this.#length
  }

  add(bytes: Uint8Array): void {
    const end = this.#length + bytes.length
    if (end > this.#buffer.byteLength) this.#buffer.resize(Math.min(this.#maxBytes, end + joinedBytes))
    new Uint8Array(this.#buffer, this.#length, bytes.length).set(bytes)
    this.#length = end
  }

  /** Frees the memory at once, before the garbage collector would. Views of it become empty. */
  release(): void {
    this.#length = 0
    this.#buffer.resize(0)
  }

  /** Returns a view of all bytes added so far. */
  view(): Uint8Array {
    return new Uint8Array(this.#buffer, 0, this.#length)
  }
}

/** Consumes the chunks of a stream up to its end. */
export interface ChunkConsumer {
  /** An error thrown here cancels the stream and is passed to `fail`, as is the error of an exceeded bound. */
  take(chunk: Uint8Array): void
  end(): void
  fail(error: unknown): void
}

/** Reads a stream to its end into `consumer`. */
export function consume(stream: ByteStream, bound: ByteBound, consumer: ChunkConsumer): void {
  stream.start(new ConsumingSink(stream, bound, consumer))
}

/** A class, because every call reads one or two bodies and an object of closures costs three times as much. */
class ConsumingSink implements ByteSink {
  readonly #stream: ByteStream
  readonly #bound: ByteBound
  readonly #consumer: ChunkConsumer
  #total = 0
  #isOver = false

  constructor(stream: ByteStream, bound: ByteBound, consumer: ChunkConsumer) {
    this.#stream = stream
    this.#bound = bound
    this.#consumer = consumer
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true
    this.#total += chunk.length
    try {
      if (this.#total > this.#bound.bytes) throw this.#bound.tooLarge()
      this.#consumer.take(chunk)
    } catch (error) {
      this.#isOver = true
      this.#stream.cancel()
      this.#consumer.fail(error)
    }
    return true
  }

  end(): void {
    if (!this.#isOver) this.#consumer.end()
  }

  fail(error: unknown): void {
    if (!this.#isOver) this.#consumer.fail(error)
  }
}

const empty = new Uint8Array()

/** Many chunks up to this size are merged: a separate chunk of one byte occupies 350 bytes. */
const shortBytes = 4 * 1024
/** This many short chunks are held unmerged, which saves a copy for a stream that arrives at once. */
const looseChunks = 256
const roomBytes = 64 * 1024

/** A shared empty list that is never changed: most streams have one chunk, and V8 grows an empty array to 17 slots. */
const none: Uint8Array[] = []

function added(list: Uint8Array[], chunk: Uint8Array): Uint8Array[] {
  if (list.length === 0) return [chunk]
  list.push(chunk)
  return list
}

/** A list of chunks in order. Its memory is little more than their length, however short they are (case D3). */
export class Pieces {
  #pieces = none
  #length = 0
  /** Short chunks that follow the bytes in `#room`. */
  #loose = none
  /** The buffer that merges short chunks; its first `#used` bytes are not a piece yet. */
  #room = empty
  #used = 0

  /** Bytes held. */
  get length(): number {
    return this.#length
  }

  add(chunk: Uint8Array): void {
    this.#length += chunk.length
    if (chunk.length <= shortBytes) {
      this.#loose = added(this.#loose, chunk)
      if (this.#loose.length > looseChunks) this.#gatherLoose()
      return
    }
    this.#gatherLoose()
    this.#close()
    this.#pieces = added(this.#pieces, chunk)
  }

  /** Returns the pieces without joining them. */
  list(): readonly Uint8Array[] {
    this.#close()
    if (this.#pieces.length === 0) this.#pieces = this.#loose
    else this.#pieces.push(...this.#loose)
    this.#loose = none
    return this.#pieces
  }

  join(): Uint8Array {
    const joined = concat(this.list(), this.#length)
    // Stores the result: later calls do not join again.
    if (this.#pieces.length > 1) this.#pieces = [joined]
    return joined
  }

  clear(): void {
    this.#pieces = none
    this.#loose = none
    this.#room = empty
    this.#used = 0
    this.#length = 0
  }

  #gatherLoose(): void {
    for (const chunk of this.#loose) {
      if (chunk.length > this.#room.length - this.#used) {
        this.#close()
        this.#room = new Uint8Array(roomBytes)
      }
      this.#room.set(chunk, this.#used)
      this.#used += chunk.length
    }
    this.#loose = none
  }

  #close(): void {
    if (this.#used === 0) return
    this.#pieces = added(this.#pieces, this.#room.subarray(0, this.#used))
    this.#room = this.#room.subarray(this.#used)
    this.#used = 0
  }
}

/** Limits a stream: if it exceeds the bound, cancels the source and fails with `tooLarge`. */
export function limitBytes(source: ByteStream, { bytes: limit, tooLarge }: ByteBound): ByteStream {
  return wrapStream(source, {
    start(sink) {
      let total = 0
      source.start({
        write(chunk) {
          if (total > limit) return true
          total += chunk.length
          if (total <= limit) return sink.write(chunk)
          source.cancel()
          sink.fail(tooLarge())
          return true
        },
        end: () => sink.end(),
        fail: (error) => sink.fail(error),
      })
    },
  })
}

/** Joins chunks whose lengths sum to `total`; returns a single chunk without a copy. */
export function concat(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return first
  const joined = new Uint8Array(total)
  let offset = 0
  for (const chunk of chunks) {
    joined.set(chunk, offset)
    offset += chunk.length
  }
  return joined
}
