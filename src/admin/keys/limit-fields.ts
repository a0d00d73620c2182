import * as z from 'zod'
import { didYouMean } from '../../core/did-you-mean.ts'
import { toNano, toUsd } from '../../core/usd.ts'
import { type Budget, type Limits, noLimits, type RateUnit, type RateWindow } from '../../metering/limits.ts'
import { choice, count, list } from '../../schema/value-schemas.ts'
import { amount, type FieldOption, fields, stringOf } from './field-types.ts'

/** Above any useful limit, and sums of a day's calls stay exact. */
const countLimit = 1_000_000_000_000
const budgetCount = 20

/** A limit that is one number; null is unlimited. */
interface NumberField {
  readonly value: z.ZodNumber | z.ZodInt
  readonly description: string
  readonly option: FieldOption
}

function countField(option: string, description: string): NumberField {
  return { value: count(1, countLimit), description, option: { name: option, kind: 'count' } }
}

/** Every limit that is one number, with its option on the command line. */
const numbers = {
  requests_per_minute: countField('rpm', 'Requests in any minute.'),
  requests_per_hour: countField('rph', 'Requests in any hour.'),
  requests_per_day: countField('rpd', 'Requests in any 24 hours.'),
  tokens_per_minute: countField('tpm', 'Tokens in any minute.'),
  tokens_per_hour: countField('tph', 'Tokens in any hour.'),
  tokens_per_day: countField('tpd', 'Tokens in any 24 hours.'),
  concurrent_calls: countField('concurrent', 'Calls at the same time.'),
  concurrent_streams: countField('streams', 'Streams at the same time.'),
  usd_per_call: {
    value: amount(),
    description: 'The maximum cost of one call, in USD.',
    option: { name: 'per-call', kind: 'usd' },
  },
} as const satisfies Readonly<Record<string, NumberField>>

type NumberName = keyof typeof numbers

const period = choice(['day', 'week', 'month', 'total'])
const budgetDescription = 'The maximum cost of all calls together in each period of a time zone.'

/** A budget in a response. */
export const budgetSchema = z
  .strictObject({
    usd: z.number().meta({ minimum: 0 }),
    per: period,
    time_zone: z.string(),
  })
  .describe('A sum of money for each period.')

/** A budget in a request. */
export const budgetInputSchema = fields({
  usd: amount(),
  per: period,
  time_zone: stringOf(timeZoneProblem).nullish().describe('An IANA name; UTC if left out.'),
}).describe('A sum of money for each period.')

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
}).describe('Null is unlimited. A limit that is left out is unlimited for a new key, and stays as it is in a change.')

/** The options of the command line for limits, by the name of the field. */
export const limitOptions: readonly (readonly [field: string, option: FieldOption, description: string])[] = [
  ...Object.entries(numbers).map(([name, { option, description }]) => [name, option, description] as const),
  ['budgets', { name: 'budget', kind: 'budgets' }, budgetDescription],
]

type LimitsObject = z.output<typeof limitsSchema>
export type LimitsInput = z.output<typeof limitsInputSchema>

const units: readonly RateUnit[] = ['requests', 'tokens']
const windows: readonly RateWindow[] = ['minute', 'hour', 'day']

/**
 * The limits of a request that passed its schema, merged into those that a key has by RFC 7396: a limit that is left out stays, null takes
 * one away, and null in place of all takes all away. The budgets are a list, which is replaced as a whole.
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

/** Limits in a response. */
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
  // A total never ends and so has no midnight.
  const timeZone = per === 'total' ? 'UTC' : (toTimeZone(zone ?? 'UTC') ?? 'UTC')
  return { per, limitNano: toNano(usd) ?? 0, timeZone }
}

function mapNumbers<Schema extends z.ZodType>(toSchema: (field: NumberField) => Schema): Record<NumberName, Schema> {
  const entries = Object.entries(numbers).map(([name, field]) => [name, toSchema(field)])
  return Object.fromEntries(entries) as Record<NumberName, Schema>
}

/** The one spelling of a time zone's name; undefined where this runtime knows no such zone. An offset (`+02:00`) is no zone. */
function toTimeZone(name: string): string | undefined {
  if (!/^[a-z]/i.test(name)) return undefined
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}

function timeZoneProblem(name: string): string | undefined {
  if (toTimeZone(name) !== undefined) return undefined
  const hint = didYouMean(name, ['UTC', ...Intl.supportedValuesOf('timeZone')], { limit: 1 })
  return `is no time zone that is known. ${hint ?? 'Use a name such as `UTC` or `Europe/Berlin`'}`
}
