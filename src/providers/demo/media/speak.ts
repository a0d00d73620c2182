import type { DemoCall, DemoReply } from '../demo-call.ts'
import { encodeWav } from './encode-wav.ts'
import { playTones } from './play-tones.ts'

/** Samples a second; what OpenAI's `pcm` has. */
const sampleRate = 24_000

const wavHeaderBytes = 44

/** Pieces of a size that a stream of speech comes in. */
const frameBytes = 16_384

/** `POST /audio/speech`. Tones instead of a voice, as WAV whatever format was asked for, but for `pcm`, which has no header. */
export function speak({ body }: DemoCall): DemoReply {
  const wav = encodeWav(playTones(String(body.input ?? ''), sampleRate), sampleRate)
  const isPcm = body.response_format === 'pcm'
  const bytes = isPcm ? wav.subarray(wavHeaderBytes) : wav
  return {
    status: 200,
    headers: { 'content-type': isPcm ? 'audio/pcm' : 'audio/wav' },
    frames: Array.from({ length: Math.ceil(bytes.length / frameBytes) }, (_, index) => ({
      data: bytes.slice(index * frameBytes, (index + 1) * frameBytes),
      rests: false,
    })),
  }
}
