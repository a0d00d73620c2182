import type { OpenCall } from './open-call.ts'

/** What this process itself has opened, as the table `open_calls` has it; so that a call is rarely read back. */
export interface OpenCalls {
  remember(open: OpenCall): void
  /** Undefined where it was opened by another process, or is not remembered any more. It is forgotten with that. */
  take(id: string): OpenCall | undefined
}

/** A power of two. With 1,000 calls under way at once every eighth is read back. */
const places = 8_192

/**
 * Each id has one place, and who comes later has it: bounded without any book-keeping, and no `Map` that is filled and emptied thousands of
 * times a second, which V8 copies again and again. What stands here is a copy and proves nothing: a call is open if its row can be deleted.
 */
export function createOpenCalls(): OpenCalls {
  const known = new Array<OpenCall | undefined>(places).fill(undefined)
  return {
    remember(open) {
      known[placeOf(open.request.id)] = open
    },
    take(id) {
      const place = placeOf(id)
      const open = known[place]
      if (open?.request.id !== id) return undefined
      known[place] = undefined
      return open
    },
  }
}

/** Of the last characters alone, which are random. */
function placeOf(id: string): number {
  let hash = 0
  for (let at = Math.max(0, id.length - 8); at < id.length; at++) hash = (Math.imul(hash, 31) + id.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 13)) & (places - 1)
}
