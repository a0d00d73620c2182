import {
  chatChunks,
  chatCompletion,
  completion,
  embeddings,
  image,
  rateLimitError,
  rateLimitHeaders,
  response,
  transcription,
} from '../../support/fixtures.ts'
import type { ScriptedUpstream } from '../../support/scripted-upstream.ts'
import type { Script, UpstreamExchange } from '../../support/upstream-exchange.ts'
import { answer, hangUp, json, reset, silent, sse } from '../../support/upstream-scripts.ts'
import {
  batch,
  completionChunks,
  file,
  imageEvents,
  logprobs,
  moderation,
  speechEvents,
  toError,
  transcriptEvents,
  usageChunk,
  verboseTranscription,
} from '../fixtures.ts'

/**
 * Structured output, and the arguments of tools: the example of
 * https://platform.openai.com/docs/guides/structured-outputs
 */
const event = '{"name": "Science fair", "participants": ["Alice", "Bob"]}'

/** https://platform.openai.com/docs/api-reference/debugging-requests, "HTTP response headers". */
const headers = {
  'x-request-id': 'req_upstream_1',
  'openai-processing-ms': '42',
  'openai-organization': 'org-test',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '60',
  'x-ratelimit-remaining-requests': '59',
}

/** Makes a client retry at once. */
const soon = { ...headers, 'retry-after-ms': '1' }

interface Body {
  readonly model?: string
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage?: boolean }
  readonly stream_format?: string
  readonly tools?: readonly { readonly name?: string; readonly function?: { readonly name: string } }[]
  readonly parallel_tool_calls?: boolean
  readonly response_format?: { readonly type: string }
  readonly text?: { readonly format?: { readonly type: string } }
  readonly messages?: readonly { readonly role: string }[]
  readonly logprobs?: boolean
  readonly encoding_format?: string
  readonly background?: boolean
  readonly n?: number
}

/**
 * Makes the upstream respond as OpenAI's documentation says; the fixtures name its pages. A model's name selects a
 * failure. `GET /seen` lists the requests since its last call.
 */
export function playOpenAI(upstream: ScriptedUpstream): void {
  let seenBefore = 0
  let polls = 0
  const choose = (exchange: UpstreamExchange): Script => {
    const path = exchange.target.split('?')[0] ?? ''
    if (path === '/seen') {
      const seen = upstream.requests.slice(seenBefore, -1)
      seenBefore = upstream.requests.length
      return json(200, seen.map(describeRequest))
    }
    if (/wrong/.test(exchange.headers.authorization ?? ''))
      return json(401, wrongKey, { headers: { ...headers, 'www-authenticate': 'Bearer realm="OpenAI API"' } })
    const body = readBody(exchange)
    const failure = fail(body.model, Number(exchange.headers['x-stainless-retry-count'] ?? 0))
    if (failure !== undefined) return failure
    if (path.startsWith('/v1/responses/')) {
      const status = path.endsWith('/cancel') ? 'cancelled' : ++polls > 2 ? 'completed' : 'in_progress'
      return json(200, { ...respond(body), status, ...(status === 'completed' ? {} : unfinished) }, { headers })
    }
    if (path === '/v1/responses') polls = 0
    return operations[`${exchange.method} ${path}`]?.(body, exchange) ?? respondOther(exchange, path)
  }
  upstream.respond({ play: (wire, exchange) => choose(exchange).play(wire, exchange) })
}

/**
 * https://platform.openai.com/docs/guides/error-codes, "401 - Incorrect API key provided". Clients search for this
 * text.
 */
const wrongKey = toErrorOf(
  'Incorrect API key provided: sk-wrong. You can find your API key at https://platform.openai.com/account/api-keys.',
  { type: 'invalid_request_error', code: 'invalid_api_key' },
)

/** "429 - You exceeded your current quota", from the same page. */
const noQuota = toErrorOf(
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
  { type: 'insufficient_quota', code: 'insufficient_quota' },
)

/** "500" and "503 - The engine is currently overloaded", from the same page. */
const defect = toErrorOf('The server had an error while processing your request. Sorry about that!', {
  type: 'server_error',
})
const overloaded = toErrorOf('The engine is currently overloaded, please try again later.', {
  type: 'service_unavailable_error',
})

/**
 * OpenAI’s message in https://github.com/crewAIInc/crewAI-examples/issues/121, by which langchain and litellm recognize
 * the error.
 */
const tooLong = toErrorOf(
  "This model's maximum context length is 128000 tokens. However, your messages resulted in 130005 tokens. Please reduce the length of the messages.",
  { type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' },
)

function toErrorOf(message: string, rest: { readonly type: string; readonly param?: string; readonly code?: string }) {
  return { error: { message, type: rest.type, param: rest.param ?? null, code: rest.code ?? null } }
}

type Operation = (body: Body, exchange: UpstreamExchange) => Script

const operations: Readonly<Record<string, Operation>> = {
  'POST /v1/chat/completions': (body) => (body.stream ? streamChat(body) : json(200, chat(body), { headers })),
  'POST /v1/completions': (body) =>
    body.stream ? sse(completionChunks, { headers }) : json(200, completion, { headers }),
  'POST /v1/responses': (body) => {
    if (body.background) return json(200, { ...respond(body), status: 'queued', ...unfinished }, { headers })
    return body.stream ? streamResponse(respond(body)) : json(200, respond(body), { headers })
  },
  'POST /v1/embeddings': (body) => json(200, embed(body), { headers }),
  'POST /v1/moderations': () => json(200, moderation, { headers }),
  'POST /v1/images/generations': (body) =>
    body.stream ? sse(imageEvents, { headers, doneAtEnd: false }) : json(200, image, { headers }),
  'POST /v1/images/edits': () => json(200, image, { headers }),
  'POST /v1/audio/speech': (body) =>
    body.stream_format === 'sse'
      ? sse(speechEvents, { headers, doneAtEnd: false })
      : answer(['ID3', 'sound'.repeat(2_000)], {
          headers: { 'content-type': 'audio/mpeg', ...headers },
          framing: 'chunked',
        }),
  'POST /v1/audio/transcriptions': transcribe,
  'POST /v1/audio/translations': transcribe,
  'POST /v1/files': () => json(200, file, { headers }),
  'GET /v1/files': () => json(200, { object: 'list', data: [file], has_more: false }, { headers }),
  'GET /v1/files/file-abc123': () => json(200, file, { headers }),
  'DELETE /v1/files/file-abc123': () => json(200, { id: file.id, object: 'file', deleted: true }, { headers }),
  'GET /v1/files/file-abc123/content': () =>
    answer(['{"a": 1}\n'], { headers: { ...headers, 'content-type': 'application/octet-stream' } }),
  'POST /v1/batches': () => json(200, batch, { headers }),
  'GET /v1/batches': () => json(200, { object: 'list', data: [batch], has_more: false }, { headers }),
  'GET /v1/batches/batch_abc123': () => json(200, { ...batch, status: 'completed' }, { headers }),
  'POST /v1/batches/batch_abc123/cancel': () => json(200, { ...batch, status: 'cancelling' }, { headers }),
  'GET /v1/models': () => json(200, { object: 'list', data: [model] }, { headers }),
  'GET /v1/models/gpt-of-tomorrow': () => json(200, model, { headers }),
}

/** Not in Weir's frequently changing price table. */
const model = { id: 'gpt-of-tomorrow', object: 'model', created: 1744316542, owned_by: 'system' }

function respondOther({ method }: UpstreamExchange, path: string): Script {
  if (path.startsWith('/v1/models/') || path.startsWith('/v1/files/'))
    return json(404, toError('model_not_found', 'invalid_request_error', 'model'), { headers })
  const message = `Invalid URL (${method} ${path})`
  return json(404, { error: { message, type: 'invalid_request_error', param: null, code: null } }, { headers })
}

/** The compared parts of a request; `test/api` tests the other headers. */
function describeRequest({ method, target, headers: sent, bodyText }: UpstreamExchange): object {
  const { 'content-type': type, 'x-my-header': own, 'x-stainless-retry-count': retry } = sent
  const boundary = /boundary="?([^";]+)/.exec(type ?? '')?.[1] ?? 'no boundary'
  const named = { type: bodyText === '' ? undefined : type?.replace(boundary, 'boundary'), own, retry }
  return { method, target, ...named, body: bodyText.replaceAll(boundary, 'boundary') }
}

function readBody({ bodyText, headers: sent }: UpstreamExchange): Body {
  if (/json/.test(sent['content-type'] ?? '') && bodyText !== '') return JSON.parse(bodyText) as Body
  const name = readField(bodyText, 'model')
  return { ...(name === undefined ? {} : { model: name }), stream: readField(bodyText, 'stream') === 'true' }
}

function readField(form: string, name: string): string | undefined {
  return new RegExp(`name="${name}"\\r\\n(?:.+\\r\\n)*\\r\\n(.*)\\r\\n`).exec(form)?.[1]
}

/** The errors of https://platform.openai.com/docs/guides/error-codes, and connection failures. */
function fail(name: string | undefined, retries: number): Script | undefined {
  switch (name) {
    case 'fail-context':
      return json(400, tooLong, { headers })
    case 'fail-policy':
      return json(400, toError('content_policy_violation', 'invalid_request_error'), { headers })
    case 'fail-403':
      return json(403, toError(null, 'invalid_request_error'), { headers })
    case 'fail-404':
      return json(404, toError('model_not_found', 'invalid_request_error', 'model'), { headers })
    case 'fail-409':
      return json(409, toError(null, 'conflict'), { headers: soon })
    case 'fail-413':
      return json(413, toError(null, 'invalid_request_error'), { headers })
    case 'fail-422':
      return json(422, toError(null, 'invalid_request_error'), { headers })
    case 'fail-429':
      return json(429, rateLimitError, { headers: { ...rateLimitHeaders, 'retry-after-ms': '1' } })
    case 'fail-429-long':
      return json(429, rateLimitError, { headers: { ...rateLimitHeaders, 'retry-after': '600' } })
    case 'fail-quota':
      return json(429, noQuota, { headers: soon })
    case 'fail-500':
      return json(500, defect, { headers: soon })
    case 'fail-html':
      return answer(['<html><body>502 Bad Gateway</body></html>'], {
        status: 502,
        headers: { ...soon, 'content-type': 'text/html' },
      })
    case 'fail-overloaded':
      return json(503, overloaded, { headers: soon })
    case 'fail-for-good':
      return json(500, defect, { headers: { ...soon, 'x-should-retry': 'false' } })
    case 'fail-in-stream':
      return sse([...chatChunks.slice(0, 2), toError('server_error', 'server_error')], { headers, doneAtEnd: false })
    case 'fail-cut':
      return sse(chatChunks, { headers, cutAfterEvents: 2 })
    case 'fail-cut-by-reset':
      return sse(chatChunks, { headers, cutAfterEvents: 2, ending: 'reset' })
    case 'fail-cut-json': {
      const text = JSON.stringify(chatCompletion)
      return answer([text], { headers: { ...headers, 'content-type': 'application/json' }, cutAfterBytes: 100 })
    }
    case 'fail-hang-up':
      return hangUp()
    case 'fail-reset':
      return reset()
    case 'fail-silent':
      return silent()
    case 'busy-twice':
      return retries < 2 ? json(500, defect, { headers: soon }) : undefined
  }
}

function chat(body: Body): typeof chatCompletion {
  const choices = Array.from({ length: body.n ?? 1 }, (_, index) => {
    const calls = toCalls(body)
    const message = calls.length > 0 ? { content: null, tool_calls: calls } : { content: toText(body) }
    return {
      ...chatCompletion.choices[0],
      index,
      message: { ...chatCompletion.choices[0]?.message, ...message },
      logprobs: body.logprobs ? logprobs : null,
      finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
    }
  })
  return { ...chatCompletion, choices } as typeof chatCompletion
}

/** Interleaves choices; the tools of a choice follow each other. */
function streamChat(body: Body): Script {
  const calls = toCalls(body)
  const deltas =
    calls.length === 0
      ? [{ role: 'assistant', content: '', refusal: null }, ...cut(toText(body)).map((content) => ({ content }))]
      : [
          { role: 'assistant', content: null },
          ...calls.flatMap((call, index) => [
            toToolDelta(index, { ...call, function: { ...call.function, arguments: '' } }),
            ...cut(call.function.arguments).map((piece) => toToolDelta(index, { function: { arguments: piece } })),
          ]),
        ]
  const toChunk = (index: number, delta: object, finishReason: string | null) => ({
    ...chatChunks[0],
    choices: [{ index, delta, logprobs: body.logprobs ? logprobs : null, finish_reason: finishReason }],
  })
  const indexes = Array.from({ length: body.n ?? 1 }, (_, index) => index)
  const chunks = [
    ...deltas.flatMap((delta) => indexes.map((index) => toChunk(index, delta, null))),
    ...indexes.map((index) => toChunk(index, {}, calls.length > 0 ? 'tool_calls' : 'stop')),
  ]
  const isCounted = body.stream_options?.include_usage === true
  const events = isCounted ? [...chunks.map((chunk) => ({ ...chunk, usage: null })), usageChunk] : chunks
  return sse(events, { headers, splitEvery: 97 })
}

/**
 * First calls each tool once; after their results, returns a text. `invalid-first` first calls with invalid arguments.
 */
function toCalls(body: Body) {
  const isAnswered = body.messages?.some(({ role }) => role === 'tool') === true
  if (isAnswered && body.model !== 'invalid-first') return []
  const tools = body.parallel_tool_calls === false ? body.tools?.slice(0, 1) : body.tools
  return (tools ?? []).map((tool, index) => ({
    id: `call_${index}`,
    type: 'function' as const,
    function: { name: tool.function?.name ?? '', arguments: toStructured(body) },
  }))
}

function toText(body: Body): string {
  if (body.model === 'in-markdown') return `\`\`\`json\n${event}\n\`\`\``
  return body.response_format === undefined ? 'Hello! How can I assist you today?' : toStructured(body)
}

function toStructured(body: Body): string {
  return body.model === 'invalid-first' && body.messages?.length === 1 ? '{"name": 7}' : event
}

function toToolDelta(index: number, call: object): object {
  return { tool_calls: [{ index, ...call }] }
}

/** A queued or running response of https://platform.openai.com/docs/guides/background */
const unfinished = { output: [], usage: null }

function respond(body: Body) {
  const calls = (body.tools ?? []).map((tool, index) => ({
    type: 'function_call',
    id: `fc_${index}`,
    call_id: `call_${index}`,
    name: tool.name ?? '',
    arguments: event,
    status: 'completed',
  }))
  const text = body.text?.format?.type === 'json_schema' ? event : 'Hi there!'
  const message = { ...response.output[0], content: [{ type: 'output_text', text, annotations: [], logprobs: [] }] }
  const settings = {
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: body.tools ?? [],
    background: body.background,
  }
  return { ...response, ...settings, output: calls.length > 0 ? calls : [message] }
}

/** In the order of https://platform.openai.com/docs/api-reference/responses-streaming */
function streamResponse(whole: ReturnType<typeof respond>): Script {
  const started = { ...whole, status: 'in_progress', ...unfinished }
  const events = [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
    ...whole.output.flatMap((item, index) => streamItem(item, index)),
    { type: 'response.completed', response: whole },
  ]
  const texts = events.map(
    (each, index) => `event: ${each.type}\ndata: ${JSON.stringify({ ...each, sequence_number: index })}\n\n`,
  )
  return sse(texts, { headers, doneAtEnd: false, splitEvery: 211 })
}

/** An event without its sequence number. */
interface StreamEvent {
  readonly type: string
  readonly [field: string]: unknown
}

function streamItem(item: object, index: number): readonly StreamEvent[] {
  const place = { item_id: Object(item).id, output_index: index }
  const added = { type: 'response.output_item.added', output_index: index }
  const done = { type: 'response.output_item.done', output_index: index, item }
  if ('arguments' in item) {
    const text = String(item.arguments)
    return [
      { ...added, item: { ...item, status: 'in_progress', arguments: '' } },
      ...cut(text).map((delta) => ({ type: 'response.function_call_arguments.delta', ...place, delta })),
      { type: 'response.function_call_arguments.done', ...place, arguments: text },
      done,
    ]
  }
  const part = Object(item).content[0]
  const inPart = { ...place, content_index: 0 }
  return [
    { ...added, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...inPart, part: { ...part, text: '' } },
    ...cut(part.text).map((delta) => ({ type: 'response.output_text.delta', ...inPart, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...inPart, text: part.text, logprobs: [] },
    { type: 'response.content_part.done', ...inPart, part },
    done,
  ]
}

function transcribe(body: Body, { bodyText }: UpstreamExchange): Script {
  if (body.stream) return sse(transcriptEvents, { headers })
  const format = readField(bodyText, 'response_format') ?? 'json'
  if (format === 'verbose_json') return json(200, verboseTranscription, { headers })
  if (format === 'json') return json(200, transcription, { headers })
  const texts: Readonly<Record<string, string>> = {
    text: 'Hello.\n',
    srt: '1\n00:00:00,000 --> 00:00:03,319\nHello.\n\n',
    vtt: 'WEBVTT\n\n00:00:00.000 --> 00:00:03.319\nHello.\n\n',
  }
  return answer([texts[format] ?? ''], { headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}

function embed(body: Body): object {
  if (body.encoding_format !== 'base64') return embeddings
  const numbers = embeddings.data[0]?.embedding ?? []
  const bytes = Buffer.from(Float32Array.from(numbers).buffer)
  return { ...embeddings, data: [{ ...embeddings.data[0], embedding: bytes.toString('base64') }] }
}

function cut(text: string): readonly string[] {
  return text.match(/.{1,7}/gs) ?? []
}
