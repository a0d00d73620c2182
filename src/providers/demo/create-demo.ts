import { GatewayError } from '../../core/errors.ts'
import type { OperationName } from '../../dialects/operations.ts'
import type { OutboundBody, Provider, ProviderContext } from '../provider.ts'
import { speak, transcribe } from './audio.ts'
import type { DemoCall, DemoEndpoint } from './call.ts'
import { completeChat, completeText } from './completions.ts'
import { embed, hashText } from './embeddings.ts'
import { editImages, generateImages } from './images.ts'
import { moderate } from './moderations.ts'
import { cutFrames, type Reply, toAbortError, toFrameStream, toTextReply } from './reply.ts'
import { createResponse } from './responses.ts'

const modelPrefix = 'demo/'

const endpoints: {
  readonly [name in OperationName]: { readonly answer: DemoEndpoint; readonly defaultModel: string }
} = {
  'chat.completions': { answer: completeChat, defaultModel: 'chat' },
  completions: { answer: completeText, defaultModel: 'chat' },
  embeddings: { answer: embed, defaultModel: 'embedding' },
  responses: { answer: createResponse, defaultModel: 'chat' },
  'images.generations': { answer: generateImages, defaultModel: 'image' },
  'images.edits': { answer: editImages, defaultModel: 'image' },
  'audio.speech': { answer: speak, defaultModel: 'speech' },
  'audio.transcriptions': { answer: transcribe, defaultModel: 'transcribe' },
  'audio.translations': { answer: transcribe, defaultModel: 'transcribe' },
  moderations: { answer: moderate, defaultModel: 'moderation' },
}

/** Slow enough to watch, and to try a stop button on. */
const slowWordDelayMs = 1_000

/** The longest that timers take: 2^31 - 1. */
const maxDelayMs = 2_147_483_647

/**
 * Answers every operation by itself, for building a page against and for tests. The same request gets the same answer, but for ids and times.
 * Nothing of it is taken for a real model: `model` begins with `demo/`, `system_fingerprint` is `weir-demo`, and texts say so.
 * A model's name asks for trouble: `error-429`, `delay-2000`, `slow`, `cut`, `silent`; every other name behaves well.
 */
export function createDemo(wordDelayMs: number): Pick<Provider, 'send' | 'passThrough'> {
  let calls = 0

  function identify(text: string): string {
    calls += 1
    return hashText(text).toString(16).padStart(8, '0') + calls.toString(16).padStart(8, '0')
  }

  return {
    async send({ operation, model, body: rawBody }, context) {
      const { answer, defaultModel } = endpoints[operation.name]
      // The router may or may not have taken the provider's name off.
      const modelName = (model?.startsWith(modelPrefix) ? model.slice(modelPrefix.length) : model) || defaultModel
      const { text, object: body } = rawBody.kind === 'json' ? rawBody : { text: '', object: {} }
      const id = identify(operation.name + modelName + text)
      const created = Math.floor(context.clock.now() / 1000)
      const call = { model: modelPrefix + modelName, modelName, body, rawBody, id, created, context }
      const reply = await answerAsNamed(call, answer)
      return toTransportResponse(reply, call, modelName === 'slow' ? slowWordDelayMs : wordDelayMs)
    },

    async passThrough({ method, path, body }, context) {
      discard(body)
      const message = `The demo provider has no ${method} ${path}. It answers the endpoints that Weir understands.`
      const reply = toErrorReply(404, { message, code: 'not_found' })
      return toTransportResponse(reply, { id: identify(method + path), context }, 0)
    },
  }
}

/** Of the endpoints, about what a caller sent. */
const refusals: ReadonlySet<string> = new Set(['invalid_value', 'missing_required_parameter'])

async function answerAsNamed(call: DemoCall, answer: DemoEndpoint): Promise<Reply> {
  const { modelName, rawBody, context } = call
  const [, kind, digits] = /^(error|delay)-(\d+)$/.exec(modelName) ?? []
  const number = Number(digits)
  try {
    const delayMs = kind === 'delay' ? Math.min(number, maxDelayMs) : 0
    await waitFor(modelName === 'silent' ? Number.POSITIVE_INFINITY : delayMs, context)
    if (kind === 'error' && number >= 400 && number <= 599) {
      discard(rawBody)
      return toErrorReply(number)
    }
    const reply = await answer(call)
    return modelName === 'cut' ? { ...reply, frames: cutFrames(reply.frames) } : reply
  } catch (error) {
    discard(rawBody)
    // A value that the endpoint refuses is an answer, as it would be from any upstream; the rest are failures.
    if (error instanceof GatewayError && refusals.has(error.code)) {
      return toErrorReply(error.status, { message: error.message, code: error.code, param: error.param })
    }
    throw error
  }
}

/** Rejects as soon as the call is given up. */
function waitFor(delayMs: number, { clock, signal }: ProviderContext): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(toAbortError(signal))
    if (delayMs === 0) return resolve()
    const stopTimer = Number.isFinite(delayMs) ? clock.after(delayMs, resolve) : undefined
    signal.addEventListener('abort', () => {
      stopTimer?.()
      reject(toAbortError(signal))
    })
  })
}

/** An upload that is not read would hold the caller's connection. */
function discard(body: OutboundBody): void {
  if (body.kind === 'raw') body.stream.cancel()
}

function toTransportResponse(reply: Reply, { id, context }: Pick<DemoCall, 'id' | 'context'>, restMs: number) {
  return {
    status: reply.status,
    headers: { ...reply.headers, 'x-request-id': `req_demo_${id}` },
    body: toFrameStream(reply.frames, restMs, context),
  }
}

/** What OpenAI answers, as type, code and message; the rest of the statuses are told from their hundred. */
const knownErrors: Readonly<Record<number, readonly [string, string, string]>> = {
  401: ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'],
  403: ['permission_error', 'permission_denied', 'This key may not do that.'],
  404: ['invalid_request_error', 'model_not_found', 'The model does not exist.'],
  429: ['requests', 'rate_limit_exceeded', 'Rate limit reached. Please try again in 1s.'],
  503: ['server_error', 'service_unavailable', 'The engine is currently overloaded.'],
}

/** The headers that come with OpenAI's 429. */
const rateLimitHeaders = {
  'retry-after': '1',
  'x-ratelimit-limit-requests': '60',
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-reset-requests': '1s',
  'x-ratelimit-limit-tokens': '10000',
  'x-ratelimit-remaining-tokens': '9000',
  'x-ratelimit-reset-tokens': '6s',
}

interface ErrorDetails {
  readonly message?: string
  readonly code?: string
  readonly param?: string | undefined
}

/** OpenAI's error body. Without details it is one that the caller asked for by the model's name. */
function toErrorReply(status: number, details: ErrorDetails = {}): Reply {
  const unknown =
    status >= 500
      ? ['server_error', null, 'The server had an error while processing your request.']
      : ['invalid_request_error', null, 'The request was refused.']
  const [type, code, message] = knownErrors[status] ?? unknown
  const error = {
    message: details.message ?? `${message} (Weir demo: this error was asked for by the name of the model.)`,
    type,
    param: details.param ?? null,
    code: details.code ?? code,
  }
  const reply = toTextReply('application/json', JSON.stringify({ error }), status)
  return status === 429 ? { ...reply, headers: { ...reply.headers, ...rateLimitHeaders } } : reply
}
