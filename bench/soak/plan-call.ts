import { randomBytes } from 'node:crypto'
import type { Random } from '../crash/create-random.ts'
import type { CallerKey } from '../crash/open-ledger-file.ts'
import type { SoakKeys } from './soak-keys.ts'

/** The fault of the upstream. With `none` it responds correctly, but perhaps slowly. */
export type UpstreamFault = 'none' | 429 | 500 | 503 | 'cut' | 'reset' | 'silent' | 'garbage' | 'wrong type'

/** The upstream's behaviour in a call, which it reads from a header. */
export interface UpstreamPlan {
  readonly fault: UpstreamFault
  readonly isStream: boolean
  readonly inputTokens: number
  readonly outputTokens: number
  /** Milliseconds before the first byte, and between two events. */
  readonly delayMs: number
  readonly paceMs: number
  readonly events: number
  /** Size of the text in an unstreamed response, or of an image. */
  readonly answerBytes: number
}

/** One call, from its caller to its upstream. */
export interface CallPlan {
  /** The request id, which joins the records of callers, ledger and upstream. */
  readonly id: string
  readonly kind: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** End of a correct response's body. */
  readonly ending: string
  /** Statuses of a correct response: 200, the refusal that the call provokes, or that of one of its key's limits. */
  readonly statuses: readonly number[]
  /** The usage and cost in the record of a whole response. Undefined for calls without a record. */
  readonly booked:
    | { readonly inputTokens: number; readonly outputTokens: number; readonly costNano: number }
    | undefined
  readonly upstream: UpstreamPlan
  /** Sent again after its response; Weir then responds without the upstream. */
  readonly isRepeated: boolean
  /** The caller disconnects after this many milliseconds; undefined means never. */
  readonly leavesAfterMs: number | undefined
  /** The caller disconnects in the middle of its request. */
  readonly sendsHalf: boolean
  /** The caller's pause before it reads the next piece of the response. */
  readonly readPauseMs: number
  /** The caller does not reuse the connection. */
  readonly closes: boolean
}

/** The sources of plans. */
export interface PlanSources {
  readonly random: Random
  readonly keys: SoakKeys
  /** Ids of sessions of the free key. */
  readonly sessions: readonly string[]
}

export const callHeader = 'x-call'
export const planHeader = 'x-plan'

interface Content extends Pick<CallPlan, 'kind' | 'path' | 'body'> {
  readonly key: CallerKey
  readonly method?: 'GET'
  readonly headers?: Readonly<Record<string, string>>
  readonly ending?: string
  readonly statuses?: readonly number[]
  readonly booked?: CallPlan['booked']
  readonly isStream?: boolean
  readonly isRepeated?: boolean
  readonly token?: string
}

type Create = (upstream: UpstreamPlan, sources: PlanSources) => Content

const chatPath = '/v1/chat/completions'
const jsonType = { 'content-type': 'application/json' }
const ok: readonly number[] = [200]
const streamEnding = 'data: [DONE]\n\n'

/** The kinds of calls with their relative frequencies. */
const contents: readonly (readonly [weight: number, create: Create])[] = [
  [24, (upstream, { random, keys }) => ({ kind: 'chat', ...chat(upstream, anyKey(random, keys), 400) })],
  [
    5,
    (upstream, { random, keys }) => ({ kind: 'long prompt', ...chat(upstream, keys.free, random.integer(2e4, 3e5)) }),
  ],
  [24, (upstream, { random, keys }) => ({ kind: 'stream', ...stream(upstream, anyKey(random, keys)) })],
  [6, inSession],
  [4, repeated],
  [5, graphql],
  [4, subscription],
  [4, embedding],
  [2, picture],
  [5, form],
  [4, relayed],
  [2, (_, { keys }) => ({ kind: 'models', method: 'GET', path: '/v1/models', body: '', key: keys.free })],
  [2, (_, { keys }) => ({ kind: 'sessions', method: 'GET', path: '/v1/sessions', body: '', key: keys.free })],
  [2, (_, { keys }) => ({ kind: 'not JSON', path: chatPath, body: '{"model": ', key: keys.free, statuses: [400] })],
  [
    2,
    (_, { keys }) => ({
      kind: 'wrong key',
      path: chatPath,
      body: '{}',
      key: keys.free,
      token: 'wrong',
      statuses: [401],
    }),
  ],
]

const sum = contents.reduce((total, [weight]) => total + weight, 0)

export function planCall(id: string, sources: PlanSources): CallPlan {
  const { random } = sources
  const upstream = planUpstream(random)
  const { kind, method, path, body, key, isStream = false, ...content } = pick(random)(upstream, sources)
  const plan: UpstreamPlan = { ...upstream, isStream }
  return {
    ...{ id, kind, path, body, method: method ?? 'POST', upstream: plan },
    headers: {
      ...(body.length > 0 && jsonType),
      ...content.headers,
      authorization: `Bearer ${content.token ?? key.secret}`,
      'x-request-id': id,
      [callHeader]: id,
      [planHeader]: JSON.stringify(plan),
    },
    ending: content.ending ?? '}',
    statuses: content.statuses ?? (key === sources.keys.free || key === sources.keys.relay ? ok : [200, 429]),
    booked: content.booked,
    isRepeated: content.isRepeated ?? false,
    leavesAfterMs: random.chance(0.85) ? undefined : random.integer(0, 150),
    sendsHalf: body.length > 10_000 && random.chance(0.05),
    readPauseMs: random.chance(0.1) ? random.integer(5, 40) : 0,
    closes: random.chance(0.15),
  }
}

/** Returns a copy of a call under another id, to send it again. */
export function repeatCall(plan: CallPlan): CallPlan {
  const id = `${plan.id}-again`
  const headers = { ...plan.headers, 'x-request-id': id, [callHeader]: id }
  return { ...plan, id, headers, isRepeated: false, leavesAfterMs: undefined, sendsHalf: false }
}

function planUpstream(random: Random): UpstreamPlan {
  const isSlow = random.chance(0.04)
  const faults = [429, 500, 503, 'cut', 'cut', 'reset', 'silent', 'garbage', 'wrong type'] as const
  return {
    fault: random.chance(0.12) ? random.pick(faults) : 'none',
    isStream: false,
    inputTokens: random.integer(20, 200),
    outputTokens: random.integer(1, 400),
    delayMs: random.integer(0, 60),
    paceMs: isSlow ? random.integer(100, 400) : random.integer(0, 6),
    events: isSlow ? random.integer(2, 8) : random.integer(1, 40),
    answerBytes: random.chance(0.1) ? random.integer(20_000, 400_000) : random.integer(20, 2_000),
  }
}

function pick(random: Random): Create {
  let remaining = random.integer(1, sum)
  for (const [weight, create] of contents) {
    remaining -= weight
    if (remaining <= 0) return create
  }
  throw new Error('the weights do not add up')
}

function anyKey(random: Random, { free, capped, rated, narrow }: SoakKeys): CallerKey {
  return random.pick([free, free, free, capped, rated, narrow])
}

/** The prices of gpt-4o-mini in the price table: $0.15 and $0.60 per million. */
function chatPrice({ inputTokens, outputTokens }: UpstreamPlan): CallPlan['booked'] {
  return { inputTokens, outputTokens, costNano: inputTokens * 150 + outputTokens * 600 }
}

function chatBody({ outputTokens }: UpstreamPlan, promptBytes: number, fields: object = {}): string {
  return JSON.stringify({
    ...{ model: 'gpt-4o-mini', user: 'a-user', max_tokens: outputTokens + 50 },
    messages: [{ role: 'user', content: 'word '.repeat(promptBytes / 5) }],
    ...fields,
  })
}

function chat(upstream: UpstreamPlan, key: CallerKey, promptBytes: number): Omit<Content, 'kind'> {
  return { path: chatPath, body: chatBody(upstream, promptBytes), key, booked: chatPrice(upstream) }
}

function stream(upstream: UpstreamPlan, key: CallerKey): Omit<Content, 'kind'> {
  const body = chatBody(upstream, 400, { stream: true, stream_options: { include_usage: true } })
  return { path: chatPath, body, key, booked: chatPrice(upstream), isStream: true, ending: streamEnding }
}

/** 404 is allowed, because the session may have just been deleted. */
function inSession(upstream: UpstreamPlan, { random, keys, sessions }: PlanSources): Content {
  const content = random.chance(0.5) ? chat(upstream, keys.free, 200) : stream(upstream, keys.free)
  if (sessions.length === 0) return { kind: 'chat', ...content }
  const headers = { 'x-session-id': random.pick(sessions) }
  return { kind: 'in a session', ...content, headers, statuses: [200, 404] }
}

function repeated(upstream: UpstreamPlan, { random, keys }: PlanSources): Content {
  const content = random.chance(0.5) ? chat(upstream, keys.free, 200) : stream(upstream, keys.free)
  const headers = { 'idempotency-key': `soak-${random.integer(0, 2 ** 30)}-${random.integer(0, 2 ** 30)}` }
  return { kind: 'repeated', ...content, headers, isRepeated: true }
}

const chatInput = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say a word.' }] }

function graphql(upstream: UpstreamPlan, { keys }: PlanSources): Content {
  const query = 'mutation M($input: ChatInput!) { getAIResponse(input: $input) { id content isComplete } }'
  const body = JSON.stringify({ query, variables: { input: { ...chatInput, max_tokens: 500 } } })
  return { kind: 'GraphQL', path: '/graphql', body, key: keys.free, booked: chatPrice(upstream) }
}

function subscription(upstream: UpstreamPlan, { keys }: PlanSources): Content {
  const query = 'subscription S($input: ChatInput!) { streamAIResponse(input: $input) { delta message { id } } }'
  const body = JSON.stringify({ query, variables: { input: { ...chatInput, max_tokens: 500 } } })
  const headers = { accept: 'text/event-stream' }
  const content = { kind: 'GraphQL stream', path: '/graphql', body, headers, key: keys.free, isStream: true }
  return { ...content, ending: 'event: complete\ndata:\n\n', booked: chatPrice(upstream) }
}

/** $0.02 per million. */
function embedding({ inputTokens }: UpstreamPlan, { random, keys }: PlanSources): Content {
  const body = JSON.stringify({ model: 'text-embedding-3-small', input: 'word '.repeat(random.integer(1, 500)) })
  const booked = { inputTokens, outputTokens: 0, costNano: inputTokens * 20 }
  return { kind: 'embedding', path: '/v1/embeddings', body, key: keys.free, booked }
}

/** Priced per image: $0.04. The estimate of its prompt is two tokens. */
function picture(_: UpstreamPlan, { keys }: PlanSources): Content {
  const fields = { model: 'dall-e-3', prompt: 'a word', n: 1, size: '1024x1024', response_format: 'b64_json' }
  const booked = { inputTokens: 2, outputTokens: 0, costNano: 40_000_000 }
  const content = { kind: 'picture', path: '/v1/images/generations', body: JSON.stringify(fields), booked }
  return { ...content, key: keys.free }
}

export const transcribedSeconds = 30

/** Priced per second: $0.0001. */
function form(_: UpstreamPlan, { random, keys }: PlanSources): Content {
  const boundary = `soak${random.integer(0, 2 ** 30)}`
  const part = (head: string) => `--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`
  const sound = randomBytes(random.integer(1_000, 200_000))
  const body = Buffer.concat([
    Buffer.from(`${part('name="model"')}whisper-1\r\n${part('name="file"; filename="a.mp3"')}`),
    sound,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  const booked = { inputTokens: 0, outputTokens: 0, costNano: transcribedSeconds * 100_000 }
  return { kind: 'form', path: '/v1/audio/transcriptions', body, headers, key: keys.free, booked }
}

/** Weir knows no price for a call on a passthrough route. */
function relayed(_: UpstreamPlan, { random, keys }: PlanSources): Content {
  const content = { kind: 'passed through', path: '/v1/batches', key: keys.relay }
  const booked = { inputTokens: 0, outputTokens: 0, costNano: 0 }
  if (random.chance(0.5)) return { ...content, method: 'GET', body: '', booked }
  return { ...content, body: JSON.stringify({ input: 'x'.repeat(random.integer(10, 50_000)) }), booked }
}
