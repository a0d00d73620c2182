import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isUncounted, type Usage } from '../core/usage.ts'
import { estimateContent } from '../openai/estimate-tokens.ts'
import { toDataEvent } from '../sse/event-stream.ts'
import type { Dialect, ResponseFacts } from './dialect.ts'
import {
  isBlank,
  openAIFormat,
  readOutputBounds,
  requireFields,
  responseWith,
  typedEvents,
  usageAtTop,
} from './openai-format.ts'

const textResponse = responseWith('text')

/** The parts that both directions share. */
const audioFormat = { ...openAIFormat, hasMedia: true, respondsInJson: false, ...textResponse } as const

/** Text to speech. Source: https://platform.openai.com/docs/api-reference/audio/createSpeech */
export const speech: Dialect = {
  ...audioFormat,
  id: 'audio.speech',
  ...requireFields([{ name: 'input', type: 'string', message: 'input field is required: the text to speak' }], {
    needsModel: true,
    counts: ['instructions', 'speed'],
  }),
  boundRequest(body) {
    // Only rejects invalid limits: they do not bound speech.
    readOutputBounds(body)
    const { input, instructions, speed } = body
    const slowness = typeof speed === 'number' && speed > 0 && speed < 1 ? 1 / speed : 1
    return {
      inputTokens: estimateContent(input) + estimateContent(instructions),
      maxOutputTokens:
        typeof input === 'string' ? Math.ceil(slowness * (pauseTokens + input.length * tokensPerCharacter)) : 0,
      choices: 1,
      characters: typeof input === 'string' ? input.length : 0,
    }
  },
  // A file of 0 bytes is empty, too; `tryTarget` finds it.
  reply: { hasOutput: (data) => !isBlank(data), faultyEnds: new Set(['done']) },
  events: { ...typedEvents, usageOf: readSpokenUsage },
}

/**
 * An estimate: a voice that speaks five characters per second, at OpenAI's 21 tokens per second (12 USD per million
 * tokens against 0.015 USD per minute), plus some seconds of silence.
 * Source: https://community.openai.com/t/understanding-gpt-4o-mini-tts-pricing-input-characters-cost/1151816
 */
const tokensPerCharacter = 4
const pauseTokens = 250

/**
 * The usage of speech has no details: all output tokens are audio tokens (case C6).
 * Source: https://platform.openai.com/docs/api-reference/audio/speech-audio-done-event
 */
function readSpokenUsage(data: JsonObject): Usage | undefined {
  const usage = usageAtTop(data)
  if (usage === undefined || usage.audioOutputTokens !== undefined) return usage
  return { ...usage, audioOutputTokens: usage.outputTokens }
}

/**
 * Speech to text, sent as a form. Never empty: silence has no words (case A14).
 * Source: https://platform.openai.com/docs/api-reference/audio/createTranscription
 */
export const transcriptions: Dialect = {
  ...audioFormat,
  id: 'audio.transcriptions',
  body: 'form',
  formModel: { field: 'model', isRequired: true },
  ...requireFields([], { needsModel: true }),
  boundRequest: (body) => ({
    inputTokens: estimateContent(body.prompt),
    ...readOutputBounds(body),
    choices: 1,
    isAudio: true,
  }),
  // True for `json`, `verbose_json` and `diarized_json`, and by default. A request must name `text`, `srt` or `vtt`.
  requestsJson: ({ response_format: format }) => typeof format !== 'string' || format.endsWith('json'),
  readResponse: readTranscript,
  events: typedEvents,
  toEvents,
  fromEvents,
}

/** Speech to English text. Source: https://platform.openai.com/docs/api-reference/audio/createTranslation */
export const translations: Dialect = { ...transcriptions, id: 'audio.translations' }

/**
 * Reads a transcript. `verbose_json` reports the length of the audio as `duration`, even without a `usage` (case C2).
 * Source: https://github.com/openai/openai-node, TranscriptionVerbose
 */
function readTranscript(body: JsonObject): ResponseFacts {
  const facts = textResponse.readResponse(body)
  const usage = facts.usage === undefined || isUncounted(facts.usage) ? undefined : facts.usage
  const seconds = usage?.seconds ?? readDuration(body.duration)
  if (seconds === undefined) return { ...facts, usage }
  return { ...facts, usage: { inputTokens: 0, outputTokens: 0, ...usage, seconds } }
}

/**
 * The last event of a transcript contains all of it (case A4).
 * Source: https://platform.openai.com/docs/api-reference/audio/transcript-text-done-event
 */
function toEvents({ usage, ...response }: JsonObject): string | undefined {
  if (typeof response.text !== 'string') return undefined
  const { seconds } = readTranscript({ usage, ...response }).usage ?? {}
  const length = seconds === undefined ? {} : { seconds }
  const counted = isJsonObject(usage) ? { ...length, ...usage } : seconds !== undefined && { type: 'duration', seconds }
  return toDataEvent(JSON.stringify({ type: doneType, ...response, ...(counted && { usage: counted }) }))
}

function fromEvents(events: readonly JsonObject[]): JsonObject | undefined {
  const done = events.findLast(({ type, text }) => type === doneType && typeof text === 'string')
  if (done === undefined) return undefined
  const { type: _type, ...response } = done
  const segments = events.filter(({ type }) => type === 'transcript.text.segment')
  return segments.length === 0 ? response : { ...response, segments }
}

const doneType = 'transcript.text.done'

/** Reads a length in seconds; older servers send it as a string. */
function readDuration(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof seconds === 'number' && seconds >= 0 && seconds <= Number.MAX_SAFE_INTEGER ? seconds : undefined
}
