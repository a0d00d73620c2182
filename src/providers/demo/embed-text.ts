import { hashText } from './hash-text.ts'

/** OpenAI's models take 8,192 tokens, which is less. */
const readCharacters = 50_000

/** Dimensions that one feature moves. More make unrelated texts more nearly orthogonal, and cost time. */
const spread = 8

/** A trigram says less than a word, and there are more of them. */
const trigramWeight = 0.3

/** A text's vector, of length one. Texts that share words, or parts of words, lie near each other; there is no more sense in it. */
export function embedText(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  // Without it an empty text would have no direction.
  addFeature(vector, 'bias', 0.1)
  for (const word of text
    .slice(0, readCharacters)
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu) ?? []) {
    addFeature(vector, `word ${word}`, 1)
    const padded = ` ${word} `
    for (let start = 0; start + 3 <= padded.length; start += 1) {
      addFeature(vector, padded.slice(start, start + 3), trigramWeight)
    }
  }
  return normalise(vector)
}

function addFeature(vector: Float32Array, feature: string, weight: number): void {
  let state = hashText(feature)
  for (let step = 0; step < spread; step += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    // The low bits of this generator repeat soon, so the position comes from the high ones.
    const position = Math.floor((state / 2 ** 32) * vector.length)
    vector[position] = (vector[position] ?? 0) + ((state & 0x8000) === 0 ? weight : -weight)
  }
}

function normalise(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  if (length > 0) return vector.map((value) => value / length)
  // With one or two dimensions all features may cancel out.
  return vector.map((_, index) => (index === 0 ? 1 : 0))
}
