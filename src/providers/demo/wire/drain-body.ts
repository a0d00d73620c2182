import { concat } from '../../../core/byte-stream.ts'
import type { OutboundBody, ProviderContext } from '../../provider.ts'
import { toAbortError } from './to-abort-error.ts'

interface DrainedBody {
  readonly byteLength: number
  /** The beginning and the end of the body, where forms have their short fields. */
  readonly edges: string
}

/** What is kept of each end; a form's file is in between. */
const edgeBytes = 8_192

/** Reads an upload to its end and keeps little of it. Rejects as soon as the call is given up. */
export function drainBody(body: OutboundBody, context: Pick<ProviderContext, 'signal'>): Promise<DrainedBody> {
  if (body.kind !== 'raw') return Promise.resolve({ byteLength: 0, edges: '' })
  const { stream } = body
  const { signal } = context
  return new Promise((resolve, reject) => {
    if (signal.aborted) return giveUp()
    const edges = createEdges()
    signal.addEventListener('abort', giveUp)
    stream.start({
      write: edges.add,
      end() {
        signal.removeEventListener('abort', giveUp)
        resolve({ byteLength: edges.byteLength(), edges: edges.text() })
      },
      fail(error) {
        signal.removeEventListener('abort', giveUp)
        reject(error)
      },
    })

    function giveUp(): void {
      stream.cancel()
      reject(toAbortError(signal))
    }
  })
}

function createEdges() {
  let head = new Uint8Array(0)
  let tail = new Uint8Array(0)
  let total = 0
  return {
    add(chunk: Uint8Array): boolean {
      total += chunk.length
      const missing = edgeBytes - head.length
      head = append(head, chunk.subarray(0, missing))
      tail = append(tail, chunk.subarray(Math.min(missing, chunk.length))).slice(-edgeBytes)
      return true
    },
    byteLength: () => total,
    text: () => new TextDecoder().decode(append(head, tail)),
  }
}

function append(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(concat([left, right], left.length + right.length))
}
