import type { JsonObject } from '../core/json.ts'

type Cost = number | null | undefined

/**
 * Reads the cost that Weir adds to a usage: null if it is unknown, undefined if the caller did not ask. Returns `before`
 * for a usage without one.
 */
export function readCost({ cost }: JsonObject, before: Cost): Cost {
  return cost === null || typeof cost === 'number' ? cost : before
}
