import type { Random } from '../crash/create-random.ts'
import { benchToken } from '../gateways/bench-token.ts'
import { bigBody, body, imageBody } from '../scenarios/bodies.ts'

/** One call, and what its caller does to it. */
export interface CallPlan {
  readonly kind: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string
  readonly body: string
  /** The status of a right answer, and how its body ends; undefined where it is to break off. */
  readonly status: number
  readonly ending: string | undefined
  /** The caller hangs up after so many milliseconds; undefined where it stays. */
  readonly leavesAfterMs: number | undefined
  /** The caller hangs up in the middle of its own request. */
  readonly sendsHalf: boolean
  /** The caller waits so long before it takes the next piece of the answer. */
  readonly readPauseMs: number
  /** The connection is not used again. */
  readonly closes: boolean
}

type Content = Pick<CallPlan, 'kind' | 'path' | 'body' | 'status' | 'ending'> & Partial<CallPlan>

const chat = '/v1/chat/completions'
const done = 'data: [DONE]\n\n'

/** How often each comes, in shares of their sum. */
const contents: readonly (readonly [weight: number, create: (random: Random) => Content])[] = [
  [25, () => json('json', body('json-600'))],
  [10, (random) => json('long prompt', bigBody('json-600', random.integer(20_000, 600_000)))],
  [8, (random) => json('long answer', body(`json-${random.integer(1, 16) * 65_536}`))],
  [3, (random) => picture(random.integer(1, 4) * 524_288)],
  [14, (random) => stream('burst', `events-${random.pick([20, 200, 1_000])}-0`, random.chance(0.5))],
  [
    22,
    (random) => stream('paced', `events-${random.pick([8, 32, 64])}-${random.pick([2, 5, 20])}`, random.chance(0.5)),
  ],
  [4, (random) => ({ ...stream('cut', `cut-${random.integer(2, 40)}-2`, false), ending: undefined })],
  [4, (random) => failure(random.pick([400, 429, 500, 503]))],
  [3, (random) => ({ ...json('silent', body('silent')), leavesAfterMs: random.integer(20, 800) })],
  [2, () => ({ kind: 'not JSON', path: chat, body: '{"model": "json", ', status: 400, ending: '}' })],
  [2, () => ({ kind: 'wrong key', path: chat, body: body('json-600'), status: 401, ending: '}', token: 'wrong-key' })],
  [3, () => ({ kind: 'models', method: 'GET', path: '/v1/models', body: '', status: 200, ending: '}' })],
]

const sum = contents.reduce((total, [weight]) => total + weight, 0)

export function planCall(random: Random): CallPlan {
  const content = pickContent(random)(random)
  const stays = random.chance(0.75)
  return {
    ...{ method: 'POST', token: benchToken },
    leavesAfterMs: stays ? undefined : random.integer(0, 150),
    sendsHalf: random.chance(0.02) && content.body.length > 10_000,
    readPauseMs: random.chance(0.15) ? random.integer(5, 60) : 0,
    closes: random.chance(0.2),
    ...content,
  }
}

function pickContent(random: Random): (random: Random) => Content {
  let place = random.integer(1, sum)
  for (const [weight, create] of contents) {
    place -= weight
    if (place <= 0) return create
  }
  throw new Error('the weights do not add up')
}

function json(kind: string, text: string): Content {
  return { kind, path: chat, body: text, status: 200, ending: '}' }
}

function picture(bytes: number): Content {
  const path = '/v1/images/generations'
  return { kind: 'picture', path, body: imageBody(`image-${bytes}`), status: 200, ending: '}' }
}

function stream(kind: string, model: string, asksForUsage: boolean): Content {
  const usage = asksForUsage ? { stream_options: { include_usage: true } } : {}
  return { kind, path: chat, body: body(model, { stream: true, ...usage }), status: 200, ending: done }
}

/** Weir passes a provider's 4xx on and keeps 5xx; either way the status is the same. */
function failure(status: number): Content {
  return { kind: 'error', path: chat, body: body(`error-${status}`), status, ending: '}' }
}
