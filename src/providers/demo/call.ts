import { concat } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { OutboundBody, ProviderContext } from '../provider.ts'
import { type Reply, toAbortError } from './reply.ts'

/** One call, as the demo's endpoints see it. */
export interface DemoCall {
  /** What the answer names: always begins with `demo/`, since no real model has such a name. */
  readonly model: string
  /** The model's name without `demo/`. */
  readonly modelName: string
  /** The JSON body, or an empty object where the body is raw. */
  readonly body: JsonObject
  readonly rawBody: OutboundBody
  /** A hash of the request and a counter: the same in every run, different for two calls of one run. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly context: ProviderContext
}

/** Answers one operation. Its reply depends on nothing but the call. */
export type DemoEndpoint = (call: DemoCall) => Reply | Promise<Reply>

/** The `n` of a request, held between 1 and `most`; anything that is no number is 1. */
export function readCount(value: unknown, most: number): number {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return 1
  return Math.min(most, Math.max(1, Math.floor(number)))
}

/** Holds a list of a request to a length, since each of its entries costs an answer many times its size. */
export function refuseLongList(length: number, most: number, param: string): void {
  if (length <= most) return
  throw new GatewayError('invalid_value', `The demo takes at most ${most} entries here; these are ${length}.`, {
    param,
  })
}

export function missing(param: string, what: string): GatewayError {
  return new GatewayError('missing_required_parameter', `${param} field is required: ${what}`, { param })
}

export interface Upload {
  readonly byteLength: number
  /** True unless it is a form without a part of that name. */
  readonly hasPart: boolean
  /** A short text field of the form, if it stands before or after its file. */
  field(name: string): string | undefined
}

/** What is kept of each end of an upload, where forms have their short fields; the file is in between. */
const edgeBytes = 8_192

/** More than the line of a part that tells its name. */
const lineCharacters = 200

/** Reads an upload to its end and keeps little of it. `part` is the name of a part, as a regular expression. Rejects as soon as the call is given up. */
export function readUpload({ rawBody, context: { signal } }: DemoCall, part: string): Promise<Upload> {
  if (rawBody.kind !== 'raw') return Promise.resolve({ byteLength: 0, hasPart: false, field: () => undefined })
  const { stream, contentType } = rawBody
  const header = new RegExp(`\\ncontent-disposition: *form-data; *name=(?:"${part}"|${part}) *[;\\r]`, 'i')
  const decoder = new TextDecoder('latin1')
  return new Promise((resolve, reject) => {
    let head = new Uint8Array(0)
    let tail = new Uint8Array(0)
    let byteLength = 0
    let hasPart = contentType?.includes('boundary=') !== true
    let unsearched = ''

    function giveUp(): void {
      stream.cancel()
      reject(toAbortError(signal))
    }

    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp)
    stream.start({
      write(chunk) {
        byteLength += chunk.length
        if (!hasPart) {
          // A name may lie across two chunks.
          const text = unsearched + decoder.decode(chunk)
          hasPart = header.test(text)
          unsearched = text.slice(-lineCharacters)
        }
        if (head.length < edgeBytes) head = append(head, chunk).slice(0, edgeBytes)
        tail = append(tail, chunk).slice(-edgeBytes)
        return true
      },
      end() {
        // An abort while the answer is on its way must not cut the connection that the upload came by.
        signal.removeEventListener('abort', giveUp)
        const edges = new TextDecoder().decode(append(head, tail))
        resolve({ byteLength, hasPart, field: (name) => readField(edges, name) })
      },
      fail: reject,
    })
  })
}

function append(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(concat([left, right], left.length + right.length))
}

function readField(form: string, name: string): string | undefined {
  const label = `name="${name}"`
  const at = form.indexOf(label)
  if (at === -1) return undefined
  const start = form.indexOf('\r\n\r\n', at + label.length)
  const end = form.indexOf('\r\n--', start)
  return start === -1 || end === -1 ? undefined : form.slice(start + 4, end)
}
