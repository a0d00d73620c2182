import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isUncounted, type Usage } from '../core/usage.ts'
import { estimateContent } from '../openai/estimate-tokens.ts'
import { toDataEvent } from '../sse/event-stream.ts'
import type { Dialect, ResponseFacts } from './dialect.ts'
import { answerIn, openAIFormat, readOutputBounds, requiring, typedEvents, usageAtTop } from './openai-format.ts'

/** Sound from words. Source: https://platform.openai.com/docs/api-reference/audio/createSpeech */
export const speech: Dialect = {
  ...openAIFormat,
  id: 'audio.speech',
  hasMedia: true,
  answersInJson: false,
  ...answerIn('text'),
  ...requiring([{ name: 'input', type: 'string', message: 'input field is required: the text to speak' }], {
    needsModel: true,
    counts: ['instructions', 'speed'],
  }),
  boundRequest(body) {
    // Refuses a limit that is none, though it bounds nothing here.
    readOutputBounds(body)
    const { input, instructions, speed } = body
    const slowness = typeof speed === 'number' && speed > 0 && speed < 1 ? 1 / speed : 1
    return {
      inputTokens: estimateContent(input) + estimateContent(instructions),
      maxOutputTokens:
        typeof input === 'string' ? Math.ceil(slowness * (pauses + input.length * tokensPerCharacter)) : 0,
      choices: 1,
      characters: typeof input === 'string' ? input.length : 0,
    }
  },
  events: { ...typedEvents, usageOf: readSpokenUsage },
}

/**
 * A guess: a voice that speaks five characters a second, at OpenAI's 21 tokens a second (12 USD a million tokens beside 0.015 USD a minute); some seconds
 * of silence besides. Source: https://community.openai.com/t/understanding-gpt-4o-mini-tts-pricing-input-characters-cost/1151816
 */
const tokensPerCharacter = 4
const pauses = 250

/** The usage of speech has no details: what it puts out is sound (case C6). Source: https://platform.openai.com/docs/api-reference/audio/speech-audio-done-event */
function readSpokenUsage(data: JsonObject): Usage | undefined {
  const usage = usageAtTop(data)
  if (usage === undefined || usage.audioOutputTokens !== undefined) return usage
  return { ...usage, audioOutputTokens: usage.outputTokens }
}

const words = answerIn('text')

/** Words from sound, in a form. Source: https://platform.openai.com/docs/api-reference/audio/createTranscription */
export const transcriptions: Dialect = {
  ...speech,
  id: 'audio.transcriptions',
  body: 'form',
  formModel: { field: 'model', isRequired: true },
  ...requiring([], { needsModel: true }),
  boundRequest: (body) => ({
    inputTokens: estimateContent(body.prompt),
    ...readOutputBounds(body),
    choices: 1,
    isAudio: true,
  }),
  // `json`, `verbose_json` and `diarized_json`; plain words, `srt` and `vtt` have to be asked for.
  asksForJson: ({ response_format: format }) => typeof format !== 'string' || format.endsWith('json'),
  readAnswer: readTranscript,
  events: typedEvents,
  toEvents,
  fromEvents,
}

/** The same in English. Source: https://platform.openai.com/docs/api-reference/audio/createTranslation */
export const translations: Dialect = { ...transcriptions, id: 'audio.translations' }

/**
 * `verbose_json` tells the length of the audio as its `duration`, also where it has no `usage` (case C2).
 * Source: https://github.com/openai/openai-node, TranscriptionVerbose
 */
function readTranscript(body: JsonObject): ResponseFacts {
  const facts = words.readAnswer(body)
  const usage = facts.usage === undefined || isUncounted(facts.usage) ? undefined : facts.usage
  const seconds = usage?.seconds ?? readDuration(body.duration)
  if (seconds === undefined) return { ...facts, usage }
  return { ...facts, usage: { inputTokens: 0, outputTokens: 0, ...usage, seconds } }
}

/** The event that ends a transcript has the whole of it (case A4). Source: https://platform.openai.com/docs/api-reference/audio/transcript-text-done-event */
function toEvents({ usage, ...answer }: JsonObject): string | undefined {
  if (typeof answer.text !== 'string') return undefined
  const { seconds } = readTranscript({ usage, ...answer }).usage ?? {}
  const length = seconds === undefined ? {} : { seconds }
  const counted = isJsonObject(usage) ? { ...length, ...usage } : seconds !== undefined && { type: 'duration', seconds }
  return toDataEvent(JSON.stringify({ type: doneType, ...answer, ...(counted && { usage: counted }) }))
}

function fromEvents(events: readonly JsonObject[]): JsonObject | undefined {
  const done = events.findLast(({ type, text }) => type === doneType && typeof text === 'string')
  if (done === undefined) return undefined
  const { type: _type, ...answer } = done
  const segments = events.filter(({ type }) => type === 'transcript.text.segment')
  return segments.length === 0 ? answer : { ...answer, segments }
}

const doneType = 'transcript.text.done'

/** Seconds; older servers send them as text. */
function readDuration(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof seconds === 'number' && seconds >= 0 && seconds <= Number.MAX_SAFE_INTEGER ? seconds : undefined
}
