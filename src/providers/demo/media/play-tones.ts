import { hashText } from '../hash-text.ts'
import { splitWords } from '../text/split-words.ts'

/** Short enough for a test, long enough to hear. */
const mostWords = 24
const toneSeconds = 0.12

/** Fade at both ends of a tone, without which it clicks. */
const fadeSeconds = 0.015
const amplitude = 9_000

/** Hertz: a pentatonic scale, in which any order of tones sounds well. */
const scale = [262, 294, 330, 392, 440, 523, 587, 659]

/** A tone for each of the first words of a text. */
export function playTones(text: string, sampleRate: number): Int16Array {
  const words = splitWords(text.slice(0, 1_000)).slice(0, mostWords)
  const toneLength = Math.floor(sampleRate * toneSeconds)
  const samples = new Int16Array(Math.max(1, words.length) * toneLength)
  for (const [position, word] of words.entries()) {
    const frequency = scale[hashText(word.trim().toLowerCase()) % scale.length] ?? 440
    for (let index = 0; index < toneLength; index += 1) {
      const edge = Math.min(index, toneLength - index) / (sampleRate * fadeSeconds)
      const wave = Math.sin((2 * Math.PI * frequency * index) / sampleRate)
      samples[position * toneLength + index] = Math.round(amplitude * Math.min(1, edge) * wave)
    }
  }
  return samples
}
