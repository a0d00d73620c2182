import type { JsonObject } from '../../../core/json.ts'
import type { Place, Sampler } from './sampler.ts'

/** Enough to see that it is a list. */
const usualItems = 2

/** A `minItems` beyond this is not met. */
const mostItems = 1_000

/** A list with as many items as it must have, or two. */
export function sampleArray(schema: JsonObject, place: Place, sampler: Sampler): unknown {
  const prefix = readPrefix(schema)
  const further = readFurther(schema)
  const least = Math.min(mostItems, readNumber(schema.minItems, 0))
  const most = Math.min(mostItems, readNumber(schema.maxItems, mostItems))
  const usual = sampler.isFrugal() ? 0 : Math.max(usualItems, prefix.length)
  const wanted = Math.min(most, Math.max(least, usual, 'contains' in schema ? 1 : 0))
  const values = new Map<string, unknown>()
  // Twice as many attempts as items, since a list of unique items drops those that it has already.
  for (let variant = 0; values.size < wanted && variant < 2 * wanted + usualItems; variant += 1) {
    const index = values.size
    const part = index < prefix.length ? prefix[index] : further
    const value = sampler.sample(part, { ...place, variant: place.variant + variant })
    if (value === undefined) break
    values.set(schema.uniqueItems === true ? JSON.stringify(value) : String(index), value)
  }
  return values.size < least ? undefined : [...values.values()]
}

/** `prefixItems`, or the list that `items` was before 2020-12. */
function readPrefix(schema: JsonObject): readonly unknown[] {
  if (Array.isArray(schema.prefixItems)) return schema.prefixItems
  return Array.isArray(schema.items) ? schema.items : []
}

/** What the items after the prefix are. One that the list has to contain is made of all of them. */
function readFurther(schema: JsonObject): unknown {
  const { items, contains } = schema
  const item = Array.isArray(items) ? schema.additionalItems : items
  if (contains === undefined) return item ?? true
  return item === undefined ? contains : { allOf: [contains, item] }
}

function readNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
