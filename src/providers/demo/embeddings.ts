import { encodeBase64 } from '../../core/base64.ts'
import { GatewayError } from '../../core/errors.ts'
import { checkListLength, type DemoCall } from './call.ts'
import { countWords } from './plan-output.ts'
import { type Reply, toJsonReply } from './reply.ts'

/** OpenAI's maximum number of inputs of one call. */
const maxInputs = 2_048

/** The dimensions of OpenAI's text-embedding-3-small and -large. */
const defaultDimensions = 1_536
const maxDimensions = 3_072

/** `POST /embeddings`. */
export function embed({ body, model }: DemoCall): Reply {
  const inputs = readInputs(body.input)
  checkListLength(inputs.length, maxInputs, 'input')
  const dimensions = body.dimensions ?? defaultDimensions
  if (typeof dimensions !== 'number' || !Number.isInteger(dimensions) || dimensions < 1 || dimensions > maxDimensions) {
    const message = `dimensions must be a whole number from 1 to ${maxDimensions}.`
    throw new GatewayError('invalid_value', message, { param: 'dimensions' })
  }
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0)
  const data = inputs.map(({ text }, index) => {
    const vector = embedText(text, dimensions)
    const embedding = body.encoding_format === 'base64' ? toLittleEndian(vector) : [...vector]
    return { object: 'embedding', index, embedding }
  })
  return toJsonReply({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

/** Reads a string, a list of strings, or the same as token numbers. */
function readInputs(input: unknown): readonly { readonly text: string; readonly tokens: number }[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [input]
  const entries = list.every((entry) => typeof entry === 'number') ? [list] : list
  return entries.map((entry) => {
    if (Array.isArray(entry)) return { text: entry.join(' '), tokens: entry.length }
    const text = String(entry ?? '')
    return { text, tokens: countWords(text) }
  })
}

/** More than the 8,192 tokens that OpenAI's models accept. */
const readCharacters = 50_000

/** Number of dimensions that one word changes. More make unrelated texts more nearly orthogonal, but cost time. */
const spread = 8

/**
 * Returns the vector of a text, with length one. Texts that share words are near each other; the vector has no other
 * meaning.
 */
export function embedText(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  const words = text
    .slice(0, readCharacters)
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu)
  // A text without words would have no direction.
  for (const word of words ?? ['']) {
    let state = hashText(word)
    for (let step = 0; step < spread; step += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      // The low bits of this generator repeat soon, so the position uses the high ones.
      const position = Math.floor((state / 2 ** 32) * dimensions)
      vector[position] = (vector[position] ?? 0) + ((state & 0x8000) === 0 ? 1 : -1)
    }
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  if (length > 0) return vector.map((value) => value / length)
  // With few dimensions all words may cancel out.
  return vector.map((_, index) => (index === 0 ? 1 : 0))
}

/** Encodes OpenAI's base64 form: 32-bit little-endian floats on every machine. */
function toLittleEndian(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  for (const [index, value] of vector.entries()) view.setFloat32(index * 4, value, true)
  return encodeBase64(new Uint8Array(view.buffer))
}

/** Hashes with 32-bit FNV-1a over UTF-16 units and a final mix: fast, the same on every platform, not for secrets. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
