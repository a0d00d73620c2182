import type { Socket } from 'node:net'

/** What a socket has received and nobody has taken yet. */
export interface Inbox {
  /** Everything that is there, possibly nothing. */
  take(): Buffer
  /** Puts bytes back in front. */
  putBack(bytes: Buffer): void
  /** Resolves as soon as there are bytes to take or none will ever come. */
  arrival(): Promise<void>
  /** True when no more bytes will come; `take` may still have some. */
  readonly isEnded: boolean
  /** True when the peer said so with FIN, false while it goes on and after a reset. */
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
    putBack(bytes) {
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
