import type { OperationName } from '../dialects/operations.ts'
import type { RequestFit } from '../openai/successor-requests.ts'

/** Models that a provider has shut down, as declared by its kind. */
export interface Retirement {
  readonly models: readonly string[]
  /** The day, such as `2026-10-23` (UTC), from which the names are refused. */
  readonly on: string
  /** The replacement, named by the provider if possible; it may be retired itself by now. */
  readonly successor: string
  /** The page that announces it, and the day on which it was read. */
  readonly source: string
  readonly checkedOn: string
  /** True if the names are replaced on every route, unless `models.retired` is `off`. */
  readonly everywhere?: boolean
  /**
   * Rewrites a request for these models into one that the successor accepts. Other operations only change the model
   * name.
   */
  readonly fits?: { readonly [name in OperationName]?: RequestFit }
}

/** Retirements by model name. */
export type Retirements = ReadonlyMap<string, Retirement>

/** A retired model and the model that is called instead. */
export interface Replacement {
  readonly model: string
  readonly successor: string
  /** The retirements on the way from the model to its successor. */
  readonly steps: readonly Retirement[]
}

export function toRetirements(list: readonly Retirement[]): Retirements {
  return new Map(list.flatMap((retirement) => retirement.models.map((model) => [model, retirement] as const)))
}

/**
 * Returns the replacement of a model on a day, through all successors that are retired by then; undefined for a model
 * in service.
 */
export function findReplacement(model: string, retirements: Retirements, day: string): Replacement | undefined {
  const steps: Retirement[] = []
  let successor = model
  for (let next = retirements.get(model); next !== undefined && next.on <= day; next = retirements.get(successor)) {
    steps.push(next)
    successor = next.successor
  }
  return steps.length === 0 ? undefined : { model, successor, steps }
}
