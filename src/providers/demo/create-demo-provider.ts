import { GatewayError } from '../../core/errors.ts'
import { openAIDialects } from '../../dialects/openai-dialects.ts'
import type { OperationName } from '../../dialects/operations.ts'
import type { OutboundBody, Provider, ProviderCall, ProviderContext } from '../provider.ts'
import type { ProviderSettings } from '../provider-kind.ts'
import type { TransportResponse } from '../transport.ts'
import type { DemoCall, DemoEndpoint, DemoReply } from './demo-call.ts'
import { demoModels } from './demo-models.ts'
import { embed } from './embed.ts'
import { hashText } from './hash-text.ts'
import { editImages } from './media/edit-images.ts'
import { generateImages } from './media/generate-images.ts'
import { speak } from './media/speak.ts'
import { transcribe } from './media/transcribe.ts'
import { moderate } from './moderate.ts'
import { type Behaviour, readBehaviour } from './read-behaviour.ts'
import { completeChat } from './text/complete-chat.ts'
import { completeText } from './text/complete-text.ts'
import { createResponse } from './text/create-response.ts'
import { createFrameStream } from './wire/create-frame-stream.ts'
import { cutFrames } from './wire/cut-frames.ts'
import { toErrorReply } from './wire/to-error-reply.ts'
import { waitFor } from './wire/wait-for.ts'

export interface DemoSettings extends ProviderSettings {
  /** Milliseconds between two words of a stream; 0 is instant. */
  readonly wordDelayMs: number
}

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

/**
 * The embedded provider: answers every operation by itself, offline and free, for building a page against and for tests.
 * The same request gets the same answer, but for ids and times. Nothing of it is taken for a real model: `model` begins with
 * `demo/`, `system_fingerprint` is `weir-demo`, and texts and pictures say so.
 */
export function createDemoProvider(settings: DemoSettings): Provider {
  let calls = 0

  function identify(text: string): string {
    calls += 1
    return hashText(text).toString(16).padStart(8, '0') + calls.toString(16).padStart(8, '0')
  }

  async function send(call: ProviderCall, context: ProviderContext): Promise<TransportResponse> {
    const endpoint = endpoints[call.operation.name]
    const modelName = toModelName(call.model) ?? endpoint.defaultModel
    const behaviour = readBehaviour(modelName)
    const body = call.body.kind === 'json' ? call.body : { text: '', object: {} }
    const demoCall: DemoCall = {
      model: modelPrefix + modelName,
      modelName,
      body: body.object,
      rawBody: call.body,
      id: identify(call.operation.name + modelName + body.text),
      created: Math.floor(context.clock.now() / 1000),
      context,
    }
    const reply = await reactTo(behaviour, endpoint.answer, demoCall)
    return toTransportResponse(reply, demoCall, behaviour.wordDelayMs ?? settings.wordDelayMs)
  }

  return {
    id: settings.id,
    models: demoModels(settings.models),
    timeouts: settings.timeouts,
    onCallerGone: settings.onCallerGone,
    dialects: openAIDialects,
    acceptsStreamOptions: true,
    acceptsUsageField: false,
    acceptsOwnKey: false,
    unavailableReason: undefined,
    send,
    async passThrough(call, context) {
      discard(call.body)
      const message = `The demo provider has no ${call.method} ${call.path}. It answers the endpoints that Weir understands.`
      const reply = toErrorReply(404, { message, code: 'not_found' })
      return toTransportResponse(reply, { id: identify(call.method + call.path), context }, 0)
    },
  }
}

async function reactTo(behaviour: Behaviour, answer: DemoEndpoint, call: DemoCall): Promise<DemoReply> {
  try {
    await waitFor(behaviour.delayMs, call.context)
    if (behaviour.errorStatus !== undefined) {
      discard(call.rawBody)
      return toErrorReply(behaviour.errorStatus)
    }
    const reply = await answer(call)
    return behaviour.isCut ? { ...reply, frames: cutFrames(reply.frames) } : reply
  } catch (error) {
    discard(call.rawBody)
    // A value that the endpoint refuses is an answer, as it would be from any upstream; the rest are failures.
    if (error instanceof GatewayError && error.code === 'invalid_value') {
      return toErrorReply(error.status, { message: error.message, code: error.code, param: error.param })
    }
    throw error
  }
}

function toTransportResponse(
  reply: DemoReply,
  call: Pick<DemoCall, 'id' | 'context'>,
  wordDelayMs: number,
): TransportResponse {
  const { clock, signal } = call.context
  return {
    status: reply.status,
    headers: { ...reply.headers, 'x-request-id': `req_demo_${call.id}` },
    body: createFrameStream(reply.frames, { clock, signal, restMs: wordDelayMs }),
  }
}

/** The router may or may not have taken the provider's name off. */
function toModelName(model: string | undefined): string | undefined {
  const name = model?.startsWith(modelPrefix) ? model.slice(modelPrefix.length) : model
  return name === '' ? undefined : name
}

/** An upload that nobody reads would hold the caller's connection. */
function discard(body: OutboundBody): void {
  if (body.kind === 'raw') body.stream.cancel()
}
