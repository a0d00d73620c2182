import type { DemoCall, DemoReply } from '../demo-call.ts'
import { splitWords } from '../text/split-words.ts'
import { drainBody } from '../wire/drain-body.ts'
import { readFormField } from '../wire/read-form-field.ts'
import { toEventReply } from '../wire/to-event-reply.ts'
import { toJsonReply } from '../wire/to-json-reply.ts'
import { toTypedEvent } from '../wire/to-typed-event.ts'

/** What the demo says that every recording lasts. */
const seconds = 1

/** `POST /audio/transcriptions` and `/audio/translations`. Nothing is listened to: the text tells how much came. */
export async function transcribe(call: DemoCall): Promise<DemoReply> {
  const { byteLength, edges } = await drainBody(call.rawBody, call.context)
  const text = `Weir demo: an upload of ${byteLength} bytes arrived. No model listened to it.`
  if (readFormField(edges, 'stream') === 'true') return toEventReply(toTranscriptEvents(text))
  switch (readFormField(edges, 'response_format')) {
    case 'text':
      return toTextReply(`${text}\n`)
    case 'srt':
      return toTextReply(`1\n00:00:00,000 --> 00:00:01,000\n${text}\n\n`)
    case 'vtt':
      return toTextReply(`WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${text}\n\n`)
    case 'verbose_json':
      return toJsonReply(toVerbose(call, text))
    default:
      return toJsonReply({ text, usage: { type: 'duration', seconds } })
  }
}

function toTextReply(text: string): DemoReply {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    frames: [{ data: text, rests: false }],
  }
}

function toTranscriptEvents(text: string) {
  const words = splitWords(text)
  const usage = { type: 'tokens', input_tokens: 0, output_tokens: words.length, total_tokens: words.length }
  return [
    ...words.map((delta, index) => toTypedEvent({ type: 'transcript.text.delta', delta }, index > 0)),
    toTypedEvent({ type: 'transcript.text.done', text, usage }),
  ]
}

function toVerbose({ modelName }: DemoCall, text: string) {
  const segment = { id: 0, seek: 0, start: 0, end: seconds, text, tokens: [], temperature: 0 }
  return {
    task: modelName.includes('translat') ? 'translate' : 'transcribe',
    language: 'english',
    duration: seconds,
    text,
    segments: [{ ...segment, avg_logprob: -0.1, compression_ratio: 1, no_speech_prob: 0 }],
    usage: { type: 'duration', seconds },
  }
}
