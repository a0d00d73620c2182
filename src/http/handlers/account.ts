import { type AccountState, accountOf } from '../../admin/caller-account.ts'
import { type Answer, toJsonAnswer } from '../../core/answer.ts'
import { GatewayError } from '../../core/errors.ts'
import { toUsd } from '../../core/usd.ts'
import { remainingOf } from '../../metering/limit-status.ts'
import { readQuery, text } from '../query.ts'
import type { CallerRequest } from '../route.ts'
import { toCurrentKey } from './current-key.ts'
import { toGeneration } from './generation.ts'

/** `GET /v1/key`: the key that asks, with its limits. */
export async function retrieveCurrentKey({ caller, ports }: CallerRequest): Promise<Answer> {
  const state = await accountOf(caller, ports).state()
  return toJsonAnswer(200, { data: toCurrentKey(caller, state, ports.clock.now()) })
}

export const generationQuery = { id: text('The `x-generation-id` of a response.') }

/** `GET /v1/generation`: one call of the key that asks. */
export async function retrieveGeneration({ caller, ports, target }: CallerRequest): Promise<Answer> {
  const account = accountOf(caller, ports)
  const { id } = readQuery(target.query, generationQuery)
  if (id !== undefined) return toJsonAnswer(200, { data: toGeneration(await account.generation(id)) })
  throw new GatewayError('missing_required_parameter', 'Name the call: /v1/generation?id=gen_…', { param: 'id' })
}

/** The limit that front ends show for a key without one; the number is one-api's. */
const noLimitUsd = 100_000_000
/** Seconds since 1970, the year 2100: front ends show it as a day. */
const noEnd = 4_102_444_800

/**
 * Front ends show `hard_limit_usd` less `total_usage / 100` as what is left; so the limit is what is left and what was ever used.
 * Source: https://github.com/songquanpeng/one-api/blob/main/controller/billing.go
 */
export async function retrieveSubscription({ caller, ports }: CallerRequest): Promise<Answer> {
  const state = await accountOf(caller, ports).state()
  const left = leftOf(state)
  const limit = left === undefined ? noLimitUsd : toUsd(state.balance.spentNano + left)
  const expiresAt = caller.key?.key.expiresAt
  return toJsonAnswer(200, {
    object: 'billing_subscription',
    has_payment_method: true,
    soft_limit_usd: limit,
    hard_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: expiresAt === undefined ? noEnd : Math.floor(expiresAt / 1_000),
  })
}

/** Nano-USD; undefined without a budget. */
function leftOf({ limits }: AccountState): number | undefined {
  const left = limits.filter(({ kind }) => kind === 'budget').map(remainingOf)
  return left.length === 0 ? undefined : Math.min(...left)
}

const nanoPerCent = 10_000_000

/** All that was ever used, in cents, whatever dates are asked for. */
export async function retrieveBillingUsage({ caller, ports }: CallerRequest): Promise<Answer> {
  const { balance } = await accountOf(caller, ports).state()
  return toJsonAnswer(200, { object: 'list', total_usage: balance.spentNano / nanoPerCent })
}
