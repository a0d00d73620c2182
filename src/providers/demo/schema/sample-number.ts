import type { JsonObject } from '../../../core/json.ts'
import { hashText } from '../hash-text.ts'
import type { Place } from './sampler.ts'

/** How many multiples are tried for one that is whole. */
const mostAttempts = 1_000

interface Range {
  readonly low: number
  readonly isLowOpen: boolean
  readonly high: number
  readonly isHighOpen: boolean
}

/** A number between the bounds, near one that its property's name decides on. */
export function sampleNumber(schema: JsonObject, place: Place, isInteger: boolean): number | undefined {
  const range = readRange(schema)
  const multipleOf = schema.multipleOf
  const step = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : 1
  const preferred = (1 + (hashText(place.name) % 100) + place.variant) * Math.max(1, step)
  const isFree = multipleOf === undefined && !isInteger
  const nearest = clamp(preferred, range)
  const start = isFree ? nearest : snap(nearest, step)
  for (const candidate of candidates(start, step, range)) {
    if (isWithin(candidate, range) && (!isInteger || Number.isInteger(candidate))) return candidate
  }
  return isFree ? between(range) : undefined
}

/** A boolean `exclusiveMinimum`, as OpenAPI 3.0 has it, makes `minimum` exclusive. */
function readRange(schema: JsonObject): Range {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema
  const low = typeof minimum === 'number' ? minimum : Number.NEGATIVE_INFINITY
  const high = typeof maximum === 'number' ? maximum : Number.POSITIVE_INFINITY
  const openLow = typeof above === 'number' ? above : Number.NEGATIVE_INFINITY
  const openHigh = typeof below === 'number' ? below : Number.POSITIVE_INFINITY
  return {
    low: Math.max(low, openLow),
    isLowOpen: above === true || openLow >= low,
    high: Math.min(high, openHigh),
    isHighOpen: below === true || openHigh <= high,
  }
}

/** The multiples around a start, nearest first. */
function* candidates(start: number, step: number, range: Range): Generator<number> {
  yield start
  for (let distance = 1; distance <= mostAttempts; distance += 1) {
    yield tidy(start + distance * step, step)
    yield tidy(start - distance * step, step)
  }
  yield range.low
  yield range.high
}

function snap(value: number, step: number): number {
  return tidy(Math.round(value / step) * step, step)
}

/** 3 × 0.1 is 0.30000000000000004, which is no multiple of 0.1 to a reader. */
function tidy(value: number, step: number): number {
  return Number.isInteger(step) ? value : Number(value.toPrecision(15))
}

function clamp(value: number, { low, high }: Range): number {
  return Math.min(high, Math.max(low, value))
}

function isWithin(value: number, { low, isLowOpen, high, isHighOpen }: Range): boolean {
  if (!Number.isFinite(value)) return false
  return (isLowOpen ? value > low : value >= low) && (isHighOpen ? value < high : value <= high)
}

function between(range: Range): number | undefined {
  const middle = range.low + (range.high - range.low) / 2
  const further = Number.isFinite(range.low)
    ? range.low + Math.abs(range.low) + 1
    : range.high - Math.abs(range.high) - 1
  return [middle, further].find((candidate) => isWithin(candidate, range))
}
