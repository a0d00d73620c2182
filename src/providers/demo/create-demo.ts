import { GatewayError } from '../../core/errors.ts'
import { chatCompletions } from '../../dialects/chat-completions.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import type { OperationName } from '../../dialects/operations.ts'
import type { OutboundBody, Provider, ProviderContext } from '../provider.ts'
import { speak, transcribe } from './audio.ts'
import type { DemoCall, DemoEndpoint } from './call.ts'
import { completeChat, completeText } from './completions.ts'
import { embed, hashText } from './embeddings.ts'
import { answerContent, countContentTokens, embedContents, embedOneContent } from './generate-content.ts'
import { editImages, generateImages } from './images.ts'
import { countMessageTokens, createMessage } from './messages.ts'
import { moderate } from './moderations.ts'
import { cutFrames, type Reply, toAbortError, toFrameStream, toTextReply } from './reply.ts'
import { countResponseTokens, createResponse } from './responses.ts'

const modelPrefix = 'demo/'

const endpoints: {
  readonly [name in OperationName]: { readonly respond: DemoEndpoint; readonly defaultModel: string }
} = {
  'chat.completions': { respond: completeChat, defaultModel: 'chat' },
  completions: { respond: completeText, defaultModel: 'chat' },
  embeddings: { respond: embed, defaultModel: 'embedding' },
  responses: { respond: createResponse, defaultModel: 'chat' },
  'responses.input_tokens': { respond: countResponseTokens, defaultModel: 'chat' },
  'images.generations': { respond: generateImages, defaultModel: 'image' },
  'images.edits': { respond: editImages, defaultModel: 'image' },
  'audio.speech': { respond: speak, defaultModel: 'speech' },
  'audio.transcriptions': { respond: transcribe, defaultModel: 'transcribe' },
  'audio.translations': { respond: transcribe, defaultModel: 'transcribe' },
  moderations: { respond: moderate, defaultModel: 'moderation' },
  messages: { respond: createMessage, defaultModel: 'chat' },
  'messages.count_tokens': { respond: countMessageTokens, defaultModel: 'chat' },
  generateContent: { respond: answerContent, defaultModel: 'chat' },
  countTokens: { respond: countContentTokens, defaultModel: 'chat' },
  embedContent: { respond: embedOneContent, defaultModel: 'embedding' },
  batchEmbedContents: { respond: embedContents, defaultModel: 'embedding' },
}

/** Slow enough to watch, and to test a stop button. */
const slowWordDelayMs = 1_000

/** The maximum delay of timers: 2^31 - 1. */
const maxDelayMs = 2_147_483_647

/**
 * Answers every operation without a model, for page development and for tests. The same request gets the same response,
 * except for ids and times.
 * No part of a response can pass for a real model's: `model` begins with `demo/`, `system_fingerprint` is `weir-demo`,
 * and the content names the demo.
 * The model name requests a failure: `error-429`, `delay-2000`, `slow`, `cut`, `silent`; every other name succeeds.
 */
export function createDemo(wordDelayMs: number): Pick<Provider, 'send' | 'passThrough'> {
  let calls = 0

  function nextId(request: string): string {
    calls += 1
    return hashText(request).toString(16).padStart(8, '0') + calls.toString(16).padStart(8, '0')
  }

  return {
    async send({ operation, model, isStream, body: rawBody }, context) {
      const { respond, defaultModel } = endpoints[operation.name]
      // The router may or may not have removed the provider's name.
      const modelName = (model?.startsWith(modelPrefix) ? model.slice(modelPrefix.length) : model) || defaultModel
      const { text, object: body } = rawBody.kind === 'json' ? rawBody : { text: '', object: {} }
      const id = nextId(operation.name + modelName + text)
      const created = Math.floor(context.clock.now() / 1000)
      const call = { model: modelPrefix + modelName, modelName, isStream, body, rawBody, id, created, context }
      const reply = await respondAsNamed(call, respond, operation.dialect)
      return toTransportResponse(reply, call, modelName === 'slow' ? slowWordDelayMs : wordDelayMs)
    },

    async passThrough({ method, path, body }, context) {
      discard(body)
      const message = `The demo provider has no ${method} ${path}. Call an endpoint that Weir understands.`
      const reply = toErrorReply(404, chatCompletions, { message, code: 'not_found' })
      return toTransportResponse(reply, { id: nextId(method + path), context }, 0)
    },
  }
}

/** Error codes with which an endpoint refuses a request. */
const refusals: ReadonlySet<string> = new Set(['invalid_value', 'missing_required_parameter'])

async function respondAsNamed(call: DemoCall, respond: DemoEndpoint, dialect: Dialect): Promise<Reply> {
  const { modelName, rawBody, context } = call
  const [, kind, digits] = /^(error|delay)-(\d+)$/.exec(modelName) ?? []
  const number = Number(digits)
  try {
    const delayMs = kind === 'delay' ? Math.min(number, maxDelayMs) : 0
    await waitFor(modelName === 'silent' ? Number.POSITIVE_INFINITY : delayMs, context)
    if (kind === 'error' && number >= 400 && number <= 599) {
      discard(rawBody)
      return toErrorReply(number, dialect)
    }
    const reply = await respond(call)
    return modelName === 'cut' ? { ...reply, frames: cutFrames(reply.frames) } : reply
  } catch (error) {
    discard(rawBody)
    // A refused value is a response, as from any upstream; other errors are failures.
    if (error instanceof GatewayError && refusals.has(error.code)) {
      return toErrorReply(error.status, dialect, { message: error.message, code: error.code, param: error.param })
    }
    throw error
  }
}

/** Rejects as soon as the call is aborted. */
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

/** An unread upload would block the caller's connection. */
function discard(body: OutboundBody): void {
  if (body.kind === 'raw') body.stream.cancel()
}

function toTransportResponse(reply: Reply, { id, context }: Pick<DemoCall, 'id' | 'context'>, pauseMs: number) {
  return {
    status: reply.status,
    headers: { ...reply.headers, 'x-request-id': `req_demo_${id}` },
    body: toFrameStream(reply.frames, pauseMs, context),
  }
}

/** OpenAI's errors as type, code and message. Other statuses share the error of their class, 4xx or 5xx. */
const knownErrors: Readonly<Record<number, readonly [string, string, string]>> = {
  401: ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'],
  403: ['permission_error', 'permission_denied', 'This key may not do that.'],
  404: ['invalid_request_error', 'model_not_found', 'The model does not exist.'],
  429: ['requests', 'rate_limit_exceeded', 'Rate limit reached. Please try again in 1s.'],
  503: ['server_error', 'service_unavailable', 'The engine is currently overloaded.'],
}

/** The headers of OpenAI's 429. */
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

/** Returns the dialect's error body. Without details, the error is one that the model name requests. */
function toErrorReply(status: number, dialect: Dialect, details: ErrorDetails = {}): Reply {
  const unknown: readonly [string, null, string] =
    status >= 500
      ? ['server_error', null, 'The server had an error while processing your request.']
      : ['invalid_request_error', null, 'The request was refused.']
  const [type, code, message] = knownErrors[status] ?? unknown
  const error = dialect.toErrorBody({
    status,
    message: details.message ?? `${message} (Weir demo: the model name requests this error.)`,
    type,
    param: details.param,
    code: details.code ?? code,
  })
  const reply = toTextReply('application/json', JSON.stringify(error), status)
  return status === 429 ? { ...reply, headers: { ...reply.headers, ...rateLimitHeaders } } : reply
}
