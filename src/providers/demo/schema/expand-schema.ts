import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { mergeSchemas } from './merge-schemas.ts'
import type { Place } from './sampler.ts'

interface Expanded {
  readonly schema: Record<string, unknown>
  readonly place: Place
}

/** How often one reference may be followed on the way to a value: once for the tree, once for its branches. */
const mostVisits = 2

/** A chain of different references is bounded too, for the sake of the stack. */
const longestPath = 100

/** Replaces `$ref` and `allOf` by what they stand for. Undefined where a reference leads nowhere, or in circles. */
export function expandSchema(schema: JsonObject, place: Place, root: unknown): Expanded | undefined {
  if (typeof schema.$ref === 'string') return expandReference(schema, place, root)
  const { allOf: parts, ...rest } = schema
  let expanded: Expanded = { schema: rest, place }
  for (const part of Array.isArray(parts) ? parts : []) {
    if (part === true) continue
    const inner = isJsonObject(part) ? expandSchema(part, expanded.place, root) : undefined
    if (inner === undefined) return undefined
    expanded = { schema: mergeSchemas(expanded.schema, inner.schema), place: inner.place }
  }
  return expanded
}

/** What stands beside a `$ref` counts as well. */
function expandReference(schema: JsonObject, place: Place, root: unknown): Expanded | undefined {
  const { $ref, ...siblings } = schema
  const reference = String($ref)
  const target = findTarget(root, reference)
  const inner = follow(place, reference)
  if (inner === undefined || target === undefined || target === false) return undefined
  return expandSchema(isJsonObject(target) ? mergeSchemas(target, siblings) : siblings, inner, root)
}

function follow(place: Place, reference: string): Place | undefined {
  const visits = place.references.filter((visited) => visited === reference).length
  if (visits >= mostVisits || place.references.length >= longestPath) return undefined
  return { ...place, references: [...place.references, reference] }
}

/** Follows a JSON pointer within the document (RFC 6901). */
function findTarget(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  let target = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = decode(step).replaceAll('~1', '/').replaceAll('~0', '~')
    const isThere = typeof target === 'object' && target !== null && Object.hasOwn(target, name)
    if (!isThere) return undefined
    target = Reflect.get(Object(target), name)
  }
  return target
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}
