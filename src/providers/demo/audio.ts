import { type DemoCall, missing, readUpload } from './call.ts'
import { splitWords } from './plan-output.ts'
import { type Frame, type Reply, toEventReply, toJsonReply, toTextReply, toTypedEvent } from './reply.ts'

/** Samples per second, as in OpenAI's `pcm`, and the samples of the tone: a quarter of a second. */
const sampleRate = 24_000
const toneSamples = 6_000

/** The header of a WAV file with that many 16-bit samples on one channel. */
const wavHeader = atob('UklGRgQvAABXQVZFZm10IBAAAAABAAEAwF0AAIC7AAACABAAZGF0YeAuAAA=')

const toneHertz = 440
const amplitude = 9_000

/** A usual chunk size of a speech stream, in bytes. */
const frameBytes = 4_096

/** `POST /audio/speech`. Returns a tone instead of a voice, always as WAV, except for `pcm`, which has no header. */
export function speak({ body }: DemoCall): Reply {
  const isPcm = body.response_format === 'pcm'
  const headerBytes = isPcm ? 0 : wavHeader.length
  const view = new DataView(new ArrayBuffer(headerBytes + 2 * toneSamples))
  for (let index = 0; index < headerBytes; index += 1) view.setUint8(index, wavHeader.charCodeAt(index))
  for (let index = 0; index < toneSamples; index += 1) {
    // Fades in and out; without fading it clicks.
    const loudness = amplitude * Math.sin((Math.PI * index) / toneSamples)
    const wave = Math.sin((2 * Math.PI * toneHertz * index) / sampleRate)
    view.setInt16(headerBytes + 2 * index, Math.round(loudness * wave), true)
  }
  const bytes = new Uint8Array(view.buffer)
  const frames = Array.from({ length: Math.ceil(bytes.length / frameBytes) }, (_, index) => ({
    data: bytes.slice(index * frameBytes, (index + 1) * frameBytes),
    pauses: false,
  }))
  return { status: 200, headers: { 'content-type': isPcm ? 'audio/pcm' : 'audio/wav' }, frames }
}

const plainText = 'text/plain; charset=utf-8'

/** The reported duration of every recording, in seconds. */
const seconds = 1

/**
 * `POST /audio/transcriptions` and `/audio/translations`. The transcript reports the size of the upload; no model
 * listens to it.
 */
export async function transcribe(call: DemoCall): Promise<Reply> {
  const upload = await readUpload(call, 'file')
  if (!upload.hasPart) throw missing('file', 'the recording, as a file of the form')
  const text = `Weir demo: an upload of ${upload.byteLength} bytes arrived. No model listened to it.`
  if (upload.field('stream') === 'true') return toEventReply(toTranscriptEvents(text))
  const usage = { type: 'duration', seconds }
  switch (upload.field('response_format')) {
    case 'text':
      return toTextReply(plainText, `${text}\n`)
    case 'srt':
      return toTextReply(plainText, `1\n00:00:00,000 --> 00:00:01,000\n${text}\n\n`)
    case 'vtt':
      return toTextReply(plainText, `WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${text}\n\n`)
    case 'verbose_json': {
      const task = call.modelName.includes('translat') ? 'translate' : 'transcribe'
      const segment = {
        id: 0,
        seek: 0,
        start: 0,
        end: seconds,
        text,
        tokens: [],
        temperature: 0,
        avg_logprob: -0.1,
        compression_ratio: 1,
        no_speech_prob: 0,
      }
      return toJsonReply({ task, language: 'english', duration: seconds, text, segments: [segment], usage })
    }
    default:
      return toJsonReply({ text, usage })
  }
}

function* toTranscriptEvents(text: string): Generator<Frame> {
  const words = splitWords(text)
  for (const [index, delta] of words.entries()) yield toTypedEvent({ type: 'transcript.text.delta', delta }, index > 0)
  const usage = { type: 'tokens', input_tokens: 0, output_tokens: words.length, total_tokens: words.length }
  yield toTypedEvent({ type: 'transcript.text.done', text, usage })
}
