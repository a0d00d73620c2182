import { concat } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { OutboundBody, ProviderContext } from '../provider.ts'
import { type Reply, toAbortError } from './reply.ts'

/** One call, as the demo's endpoints see it. */
export interface DemoCall {
  /** The model name of the response. Always begins with `demo/`, which no real model's name does. */
  readonly model: string
  /** The model's name without `demo/`. */
  readonly modelName: string
  readonly isStream: boolean
  /** The JSON body, or an empty object if the body is raw. */
  readonly body: JsonObject
  readonly rawBody: OutboundBody
  /** A hash of the request and a counter: the same in every run, different for each call of a run. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly context: ProviderContext
}

/** Answers one operation. The reply depends only on the call. */
export type DemoEndpoint = (call: DemoCall) => Reply | Promise<Reply>

/** Reads the `n` of a request, clamped to 1 … `max`; a value that is not a number counts as 1. */
export function readCount(value: unknown, max: number): number {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return 1
  return Math.min(max, Math.max(1, Math.floor(number)))
}

/** Refuses a list with more than `max` entries, because each entry costs a response of many times its size. */
export function checkListLength(length: number, max: number, param: string): void {
  if (length <= max) return
  throw new GatewayError('invalid_value', `The demo accepts at most ${max} entries here. The request has ${length}.`, {
    param,
  })
}

export function missing(param: string, expected: string): GatewayError {
  return new GatewayError('missing_required_parameter', `${param} field is required: ${expected}`, { param })
}

export interface Upload {
  readonly byteLength: number
  /** False only for a form without a part of that name. */
  readonly hasPart: boolean
  /** Returns a short field of the form that is before or after the file. */
  field(name: string): string | undefined
}

/** Bytes that are kept of each end of an upload: a form has its short fields there and the file in between. */
const edgeBytes = 8_192

/** More than the header line of a part that contains its name. */
const lineCharacters = 200

/**
 * Reads an upload to its end and keeps only both ends of it. `part` is the name of a part, as a regular expression.
 * Rejects as soon as the call is aborted.
 */
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

    function abort(): void {
      stream.cancel()
      reject(toAbortError(signal))
    }

    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    stream.start({
      write(chunk) {
        byteLength += chunk.length
        if (!hasPart) {
          // A name may be split across two chunks.
          const searched = unsearched + decoder.decode(chunk)
          hasPart = header.test(searched)
          unsearched = searched.slice(-lineCharacters)
        }
        if (head.length < edgeBytes) head = append(head, chunk).slice(0, edgeBytes)
        tail = append(tail, chunk).slice(-edgeBytes)
        return true
      },
      end() {
        // An abort during the response must not close the connection of the finished upload.
        signal.removeEventListener('abort', abort)
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
