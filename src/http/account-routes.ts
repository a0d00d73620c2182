import { type Answer, toJsonAnswer } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { toUsd } from '../core/usd.ts'
import { remainingOf } from '../metering/limit-status.ts'
import { type AccountState, accountOf, type CallerAccount } from '../pipeline/account-of.ts'
import { authenticate } from '../pipeline/authenticate.ts'
import type { Caller } from '../pipeline/call.ts'
import { readCredentials, refuseKeyInUrl } from './read-credentials.ts'
import type { Target } from './read-target.ts'
import { toCurrentKey } from './to-current-key.ts'
import { toGeneration } from './to-generation.ts'
import type { Visit } from './visit.ts'

/** One request of a caller about its own key. */
interface AccountVisit {
  readonly caller: Caller
  readonly account: CallerAccount
  readonly query: URLSearchParams
  readonly now: number
}

interface AccountRoute {
  readonly name: string
  readonly answer: (visit: AccountVisit) => Promise<object>
  /** Chat front ends of old have it beside `/v1` too. */
  readonly isPlainToo: boolean
}

const routes: ReadonlyMap<string, AccountRoute> = new Map([
  ['/key', { name: 'key', answer: readKey, isPlainToo: false }],
  ['/generation', { name: 'generation', answer: readGeneration, isPlainToo: false }],
  ['/dashboard/billing/subscription', { name: 'billing', answer: readSubscription, isPlainToo: true }],
  ['/dashboard/billing/usage', { name: 'billing', answer: readUsage, isPlainToo: true }],
])

/**
 * Answers a caller about its own key: `/v1/key`, `/v1/generation` and the two billing routes. Undefined for any other
 * path.
 */
export function answerAccount(visit: Visit, { apiPath, isVersioned, query }: Target): Promise<Answer> | undefined {
  const route = routes.get(apiPath)
  if (route === undefined || !(isVersioned || route.isPlainToo)) return undefined
  const { method } = visit.inbound
  if (method !== 'GET' && method !== 'HEAD') {
    throw new GatewayError('method_not_allowed', 'This endpoint takes GET, HEAD.', {
      headers: { allow: 'GET, HEAD, OPTIONS' },
    })
  }
  visit.trace.add({ route: route.name })
  refuseKeyInUrl(query)
  return answer(visit, route, new URLSearchParams(query))
}

async function answer({ inbound, ports }: Visit, route: AccountRoute, query: URLSearchParams): Promise<Answer> {
  const caller = await authenticate(readCredentials(inbound, ports.settings), ports)
  const account = accountOf(caller, ports)
  return toJsonAnswer(200, await route.answer({ caller, account, query, now: ports.clock.now() }))
}

async function readKey({ caller, account, now }: AccountVisit): Promise<object> {
  return { data: toCurrentKey(caller, await account.state(), now) }
}

async function readGeneration({ account, query }: AccountVisit): Promise<object> {
  const id = query.get('id')
  if (id !== null) return { data: toGeneration(await account.generation(id)) }
  throw new GatewayError('missing_required_parameter', 'Name the call: /v1/generation?id=gen_…', { param: 'id' })
}

/** Shown by front ends as no limit; one-api's number. */
const noLimitUsd = 100_000_000
/** Seconds since 1970, the year 2100: front ends show it as a day. */
const noEnd = 4_102_444_800

/**
 * Front ends show `hard_limit_usd` less `total_usage / 100` as what is left; so the limit is what is left and what was ever used.
 * Source: https://github.com/songquanpeng/one-api/blob/main/controller/billing.go
 */
async function readSubscription({ caller, account }: AccountVisit): Promise<object> {
  const state = await account.state()
  const left = leftOf(state)
  const limit = left === undefined ? noLimitUsd : toUsd(state.balance.spentNano + left)
  const expiresAt = caller.key?.key.expiresAt
  return {
    object: 'billing_subscription',
    has_payment_method: true,
    soft_limit_usd: limit,
    hard_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: expiresAt === undefined ? noEnd : Math.floor(expiresAt / 1_000),
  }
}

/** Nano-USD; undefined without a budget. */
function leftOf({ limits }: AccountState): number | undefined {
  const left = limits.filter(({ kind }) => kind === 'budget').map(remainingOf)
  return left.length === 0 ? undefined : Math.min(...left)
}

const nanoPerCent = 10_000_000

/** All that was ever used, in cents, whatever dates are asked for. */
async function readUsage({ account }: AccountVisit): Promise<object> {
  const { balance } = await account.state()
  return { object: 'list', total_usage: balance.spentNano / nanoPerCent }
}
