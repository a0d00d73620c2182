import { encodeBase64 } from '../../core/encode-base64.ts'
import { GatewayError } from '../../core/errors.ts'
import type { DemoCall, DemoReply } from './demo-call.ts'
import { embedText } from './embed-text.ts'
import { countWords } from './text/count-words.ts'
import { refuseLongList } from './wire/refuse-long-list.ts'
import { toJsonReply } from './wire/to-json-reply.ts'

/** OpenAI's limit on the texts of one call. */
const mostInputs = 2_048

/** Those of OpenAI's text-embedding-3-small and -large. */
const defaultDimensions = 1_536
const mostDimensions = 3_072

/** `POST /embeddings`. */
export function embed({ body, model }: DemoCall): DemoReply {
  const inputs = readInputs(body.input)
  refuseLongList(inputs.length, mostInputs, 'input')
  const dimensions = readDimensions(body.dimensions)
  const isBase64 = body.encoding_format === 'base64'
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0)
  const data = inputs.map(({ text }, index) => {
    const vector = embedText(text, dimensions)
    return { object: 'embedding', index, embedding: isBase64 ? toLittleEndian(vector) : [...vector] }
  })
  return toJsonReply({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

interface EmbeddingInput {
  readonly text: string
  readonly tokens: number
}

/** A text, a list of texts, or the same as token numbers. */
function readInputs(input: unknown): readonly EmbeddingInput[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [input]
  if (list.every((entry) => typeof entry === 'number')) return [toInput(list)]
  return list.map(toInput)
}

function toInput(entry: unknown): EmbeddingInput {
  if (Array.isArray(entry)) return { text: entry.join(' '), tokens: entry.length }
  const text = String(entry ?? '')
  return { text, tokens: countWords(text) }
}

function readDimensions(value: unknown): number {
  if (value === undefined || value === null) return defaultDimensions
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostDimensions) return value
  throw new GatewayError('invalid_value', `dimensions must be a whole number from 1 to ${mostDimensions}.`, {
    param: 'dimensions',
  })
}

/** OpenAI's base64 form: 32-bit floats, the lowest byte first on every machine. */
function toLittleEndian(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  for (const [index, value] of vector.entries()) view.setFloat32(index * 4, value, true)
  return encodeBase64(new Uint8Array(view.buffer))
}
