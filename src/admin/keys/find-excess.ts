import { toUsd } from '../../core/usd.ts'
import type { Budget, Limits } from '../../metering/limits.ts'
import type { FieldProblem } from './field-problem.ts'

/** Which limits stand over which: those of the same object, or those of another that bounds it. */
export interface Bound {
  readonly limits: Limits
  /** How messages call it: nothing for the limits themselves, else such as `of the key above it (key_…)`. */
  readonly owner: string
}

/**
 * The first limit that could never be reached, since another is narrower and holds as well: one for a minute above that for an hour, or one
 * above that of the `bound`. Undefined where each makes sense. Without `bound` the limits are compared with each other.
 */
export function findExcess(limits: Limits, path: string, bound?: Bound): FieldProblem | undefined {
  const outer = toMeasures(bound?.limits ?? limits)
  for (const inner of toMeasures(limits)) {
    const above = outer.find(
      (candidate) => isOver(candidate, inner, bound === undefined) && inner.most > candidate.most,
    )
    if (above === undefined) continue
    const range = `must be from ${inner.kind === 'money' ? 0 : 1} to ${toText(above)}`
    const owner = bound === undefined ? '' : ` ${bound.owner}`
    return { path: `${path}.${inner.field}`, message: `${range}, since \`${above.field}\`${owner} is ${toText(above)}` }
  }
  return undefined
}

/** The first budget that is there twice. */
export function findRepeated({ budgets }: Limits, path: string): FieldProblem | undefined {
  const name = ({ per, timeZone }: Budget) => `${per} ${timeZone}`
  const index = budgets.findIndex((budget, at) => budgets.findIndex((other) => name(other) === name(budget)) < at)
  return index === -1 ? undefined : { path: `${path}.budgets[${index}]`, message: 'repeats the budget of a period' }
}

/** One limit among those that it can be compared with. */
interface Measure {
  readonly kind: 'requests' | 'tokens' | 'concurrency' | 'money'
  /** What holds for something long or large holds for its parts too. */
  readonly level: number
  /** Days of one zone are no parts of another's weeks. Undefined for what has no midnight. */
  readonly timeZone: string | undefined
  readonly most: number
  readonly field: string
}

const rateLevels = { minute: 0, hour: 1, day: 2 } as const
const budgetLevels = { day: 1, week: 2, month: 3, total: 4 } as const

function toMeasures({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: Limits): readonly Measure[] {
  const single = (kind: Measure['kind'], level: number, [field, most]: readonly [string, number | undefined]) =>
    most === undefined ? [] : [{ kind, level, timeZone: undefined, most, field }]
  return [
    ...rates.flatMap(({ unit, window, limit }) => single(unit, rateLevels[window], [`${unit}_per_${window}`, limit])),
    ...single('concurrency', 0, ['concurrent_streams', concurrentStreams]),
    ...single('concurrency', 1, ['concurrent_calls', concurrentCalls]),
    ...single('money', 0, ['usd_per_call', callNano]),
    ...budgets.map(({ per, limitNano, timeZone }, index): Measure => {
      const zone = per === 'total' ? undefined : timeZone
      return {
        kind: 'money',
        level: budgetLevels[per],
        timeZone: zone,
        most: limitNano,
        field: `budgets[${index}].usd`,
      }
    }),
  ]
}

function isOver(outer: Measure, inner: Measure, isStrict: boolean): boolean {
  if (outer.kind !== inner.kind || (isStrict ? outer.level <= inner.level : outer.level < inner.level)) return false
  return outer.timeZone === undefined || inner.timeZone === undefined || outer.timeZone === inner.timeZone
}

function toText({ kind, most }: Measure): string {
  return String(kind === 'money' ? toUsd(most) : most)
}
