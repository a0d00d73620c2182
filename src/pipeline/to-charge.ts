import type { MediaQuantities } from '../metering/price.ts'
import { readSpend, type Spend } from '../openai/read-spend.ts'
import type { Target } from '../providers/registry.ts'
import type { Call, CallRequest } from './call.ts'
import type { Secrets } from './ports.ts'
import { readEndUser } from './read-end-user.ts'
import { readTags } from './read-tags.ts'

/** What is going to be charged for, read from the request. */
export interface Charge {
  readonly operation: string
  readonly provider: string
  /** As it goes upstream; empty where the operation needs none. */
  readonly model: string
  readonly isStream: boolean
  /** The caller's own key pays, or nothing is made. */
  readonly isFree: boolean
  readonly endUser: string
  readonly tags: readonly string[]
  /** Estimated. */
  readonly inputTokens: number
  /** As the caller bounds it; undefined where it does not. 0 for what puts out no tokens. */
  readonly maxOutputTokens: number | undefined
  readonly choices: number
  readonly media: MediaQuantities
  /** Of sound to be transcribed, at most. */
  readonly seconds: number
}

/** Speech is rarely sent with fewer bytes a second (16 kbit/s). */
const bytesPerSecond = 2_000
/** The most that OpenAI takes. Source: https://platform.openai.com/docs/guides/speech-to-text */
const longestAudioBytes = 25 * 1_024 * 1_024

const noFields = {}

/** A request that is relayed without being understood: nobody knows what it costs, unless it only reads. */
export function toPassthroughCharge(method: string, provider: string, isFree: boolean): Charge {
  return {
    ...{ operation: 'passthrough', provider, model: '', isStream: false, endUser: '', tags: [] },
    isFree: isFree || method === 'GET' || method === 'HEAD' || method === 'DELETE',
    ...{ inputTokens: 0, maxOutputTokens: 0, choices: 1, media: {}, seconds: 0 },
  }
}

/** Throws GatewayError `invalid_value`. */
export function toCallCharge(
  call: Call,
  request: CallRequest,
  { provider, model = '' }: Target,
  secrets: Secrets,
): Charge {
  const { body, isStream } = request
  const spend = readSpend(call.operation, body.kind === 'json' ? body.object : noFields)
  return {
    operation: call.operation.name,
    provider: provider.id,
    model,
    isStream,
    isFree: call.credentials.ownKey !== undefined,
    endUser: readEndUser(request, secrets),
    tags: readTags(call, request),
    inputTokens: spend.inputTokens,
    maxOutputTokens: spend.maxOutputTokens,
    choices: spend.choices,
    media: toMedia(spend),
    seconds: body.kind === 'form' && !call.operation.images ? (body.length ?? longestAudioBytes) / bytesPerSecond : 0,
  }
}

function toMedia({ images, imageSize, imageQuality, characters }: Spend): MediaQuantities {
  return { images, imageSize, imageQuality, characters }
}
