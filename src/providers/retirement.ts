import type { OperationName } from '../dialects/operations.ts'
import type { RequestFit } from '../openai/successor-requests.ts'

/** Models that a provider has shut down, as a declaration tells of them. */
export interface Retirement {
  readonly models: readonly string[]
  /** `2026-10-23`: from this day on (UTC) the names are refused. */
  readonly on: string
  /** The model in their place, by the provider's word where it names one; it may be retired itself by now. */
  readonly successor: string
  /** The page that says so, and the day on which it was read. */
  readonly source: string
  readonly checkedOn: string
  /** True where the names are replaced on every route, unless `models.retired` is `off`. */
  readonly everywhere?: boolean
  /** How a request for these models becomes one that the successor takes. Requests of other operations are only renamed. */
  readonly fits?: { readonly [name in OperationName]?: RequestFit }
}

/** The retirement of each name. */
export type Retirements = ReadonlyMap<string, Retirement>

/** A retired model in whose place another is called. */
export interface Replacement {
  readonly model: string
  readonly successor: string
  /** From the model to its successor, each step of the way. */
  readonly steps: readonly Retirement[]
}

export function toRetirements(list: readonly Retirement[]): Retirements {
  return new Map(list.flatMap((retirement) => retirement.models.map((model) => [model, retirement] as const)))
}

/** What a model is replaced by on a day, through all successors that are retired by then; undefined for a model that is in service. */
export function findReplacement(model: string, retirements: Retirements, day: string): Replacement | undefined {
  const steps: Retirement[] = []
  let successor = model
  for (let next = retirements.get(model); next !== undefined && next.on <= day; next = retirements.get(successor)) {
    steps.push(next)
    successor = next.successor
  }
  return steps.length === 0 ? undefined : { model, successor, steps }
}
