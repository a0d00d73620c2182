import type { Socket } from 'node:net'

/** The bytes that a socket has received and the test has not read yet. */
export interface Inbox {
  /** Takes all available bytes, possibly none. */
  take(): Buffer
  /** Puts bytes back in front. */
  restoreLongStrings(bytes: Buffer): void
  /** Resolves when there are bytes to take, or when no more can arrive. */
  arrival(): Promise<void>
  /** True when no more bytes will arrive; `take` may still return some. */
  readonly isEnded: boolean
  /** True after the peer's FIN; false while it still sends and after a reset. */
  readonly isEndedInOrder: boolean
}

export function createInbox(socket: Socket): Inbox {
  let parts: Buffer[] = []
  let isEnded = false
  let isEndedInOrder = false
  let changed = Promise.withResolvers<void>()
  const notify = (): void => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  const end = (): void => {
    isEnded = true
    notify()
  }
  socket.on('data', (bytes: Buffer) => {
    parts.push(bytes)
    notify()
  })
  socket.on('end', () => {
    isEndedInOrder = true
    end()
  })
  socket.on('close', end)
  return {
    take() {
      const bytes = Buffer.concat(parts)
      parts = []
      return bytes
    },
    restoreLongStrings(bytes) {
      if (bytes.length > 0) parts.unshift(bytes)
    },
    async arrival() {
      if (parts.length === 0 && !isEnded) await changed.promise
    },
    get isEnded() {
      return isEnded
    },
    get isEndedInOrder() {
      return isEndedInOrder
    },
  }
}
