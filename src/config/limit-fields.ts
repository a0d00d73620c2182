import * as z from 'zod'
import { toNano, toUsd } from '../core/usd.ts'
import { type Budget, type Limits, noLimits, type RateUnit, type RateWindow } from '../metering/limits.ts'
import { amount, type FieldOption, fields, stringOf } from '../schema/field-types.ts'
import { choice, count, list } from '../schema/value-schemas.ts'
import { timeZoneProblem, toTimeZone } from './time-zone.ts'

/** Maximum of a count: above any useful limit, and low enough for exact sums over a day. */
const countLimit = 1_000_000_000_000
const budgetCount = 20

/** A limit with one number; null is unlimited. */
interface NumberField {
  readonly value: z.ZodNumber | z.ZodInt
  readonly description: string
  readonly option: FieldOption
}

function countField(option: string, description: string): NumberField {
  return { value: count(1, countLimit), description, option: { name: option, kind: 'count' } }
}

/** All limits with one number, with their command line options. */
const numbers = {
  requests_per_minute: countField('rpm', 'Maximum requests in any minute.'),
  requests_per_hour: countField('rph', 'Maximum requests in any hour.'),
  requests_per_day: countField('rpd', 'Maximum requests in any 24 hours.'),
  tokens_per_minute: countField('tpm', 'Maximum tokens in any minute.'),
  tokens_per_hour: countField('tph', 'Maximum tokens in any hour.'),
  tokens_per_day: countField('tpd', 'Maximum tokens in any 24 hours.'),
  concurrent_calls: countField('concurrent', 'Maximum concurrent calls.'),
  concurrent_streams: countField('streams', 'Maximum concurrent streams.'),
  usd_per_call: {
    value: amount(),
    description: 'Maximum cost of one call in USD.',
    option: { name: 'per-call', kind: 'usd' },
  },
} as const satisfies Readonly<Record<string, NumberField>>

type NumberName = keyof typeof numbers

const period = choice(['day', 'week', 'month', 'total'])
const budgetDescription = 'Maximum cost of all calls in each period, in USD.'

/** A budget in a response. */
export const budgetSchema = z
  .strictObject({
    usd: z.number().meta({ minimum: 0 }),
    per: period,
    time_zone: z.string(),
  })
  .describe('A budget for each period.')

/** A budget in a request. */
export const budgetInputSchema = fields({
  usd: amount(),
  per: period,
  time_zone: stringOf(timeZoneProblem).nullish().describe('An IANA time zone name. Default: `UTC`.'),
}).describe('A budget for each period.')

/** The limits of a key in a response. */
export const limitsSchema = z
  .strictObject({
    ...mapNumbers(({ value, description }) => value.nullable().describe(description)),
    budgets: z.array(budgetSchema),
  })
  .describe('Null is unlimited.')

/** The limits of a key in a request. */
export const limitsInputSchema = fields({
  ...mapNumbers(({ value, description }) => value.nullish().describe(description)),
  budgets: list(budgetInputSchema)
    .max(budgetCount, { error: `must have at most ${budgetCount} entries` })
    .nullish()
    .describe(budgetDescription),
}).describe('Null is unlimited. An omitted limit is unlimited for a new key, and keeps its value in a change.')

/** Command line options of limits, with field name and description. */
export const limitOptions: readonly (readonly [field: string, option: FieldOption, description: string])[] = [
  ...Object.entries(numbers).map(([name, { option, description }]) => [name, option, description] as const),
  ['budgets', { name: 'budget', kind: 'budgets' }, budgetDescription],
]

type LimitsObject = z.output<typeof limitsSchema>
export type LimitsInput = z.output<typeof limitsInputSchema>

const units: readonly RateUnit[] = ['requests', 'tokens']
const windows: readonly RateWindow[] = ['minute', 'hour', 'day']

/**
 * Merges the limits of a parsed request into those of a key by RFC 7396: an omitted limit keeps its value, null removes
 * one, and null as `input` removes all. Budgets are a list, which is replaced as a whole.
 */
export function toLimits(input: LimitsInput | null, known: Limits = noLimits): Limits {
  if (input === null) return noLimits
  const { concurrent_calls: calls, concurrent_streams: streams, usd_per_call: usdPerCall, budgets } = input
  return {
    rates: units.flatMap((unit) =>
      windows.flatMap((window) => {
        const limit = merge(input[`${unit}_per_${window}`], findRate(known, unit, window))
        return limit === undefined ? [] : [{ unit, window, limit }]
      }),
    ),
    budgets: budgets === undefined ? known.budgets : (budgets ?? []).map(toBudget),
    concurrentCalls: merge(calls, known.concurrentCalls),
    concurrentStreams: merge(streams, known.concurrentStreams),
    callNano: merge(usdPerCall === undefined || usdPerCall === null ? usdPerCall : toNano(usdPerCall), known.callNano),
  }
}

/** Converts limits to their response. */
export function toLimitsObject({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: Limits): LimitsObject {
  const rate = (unit: RateUnit, window: RateWindow) => findRate({ rates }, unit, window) ?? null
  return {
    requests_per_minute: rate('requests', 'minute'),
    requests_per_hour: rate('requests', 'hour'),
    requests_per_day: rate('requests', 'day'),
    tokens_per_minute: rate('tokens', 'minute'),
    tokens_per_hour: rate('tokens', 'hour'),
    tokens_per_day: rate('tokens', 'day'),
    concurrent_calls: concurrentCalls ?? null,
    concurrent_streams: concurrentStreams ?? null,
    usd_per_call: callNano === undefined ? null : toUsd(callNano),
    budgets: budgets.map(({ per, limitNano, timeZone }) => ({ usd: toUsd(limitNano), per, time_zone: timeZone })),
  }
}

function findRate({ rates }: Pick<Limits, 'rates'>, unit: RateUnit, window: RateWindow): number | undefined {
  return rates.find((candidate) => candidate.unit === unit && candidate.window === window)?.limit
}

function merge(given: number | null | undefined, known: number | undefined): number | undefined {
  return given === undefined ? known : (given ?? undefined)
}

function toBudget({ usd, per, time_zone: zone }: z.output<typeof budgetInputSchema>): Budget {
  // A total never resets, so its time zone has no effect.
  const timeZone = per === 'total' ? 'UTC' : (toTimeZone(zone ?? 'UTC') ?? 'UTC')
  return { per, limitNano: toNano(usd) ?? 0, timeZone }
}

function mapNumbers<Schema extends z.ZodType>(toSchema: (field: NumberField) => Schema): Record<NumberName, Schema> {
  const entries = Object.entries(numbers).map(([name, field]) => [name, toSchema(field)])
  return Object.fromEntries(entries) as Record<NumberName, Schema>
}
