import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { mergeSchemas } from './merge-schemas.ts'
import type { Place } from './sampler.ts'

interface Expanded {
  readonly schema: JsonObject
  readonly place: Place
}

/** How often one reference may be followed on the way to a value: once for the tree, once for its branches. */
const mostVisits = 2

/** A chain of different references is bounded too, for the sake of the stack. */
const longestPath = 100

/** The whole schema, and how much may still be done with it. */
export interface SchemaDocument {
  readonly root: unknown
  /** False once enough has been done: references that double one another would go on for ever. */
  takeStep(): boolean
}

/** Replaces `$ref` and `allOf` by what they stand for. Undefined where a reference leads nowhere, or in circles. */
export function expandSchema(schema: unknown, place: Place, document: SchemaDocument): Expanded | undefined {
  if (!isJsonObject(schema) || !document.takeStep()) return undefined
  if (typeof schema.$ref === 'string') return expandReference(schema, place, document)
  const { allOf: parts, ...rest } = schema
  const schemas: JsonObject[] = [rest]
  const followed = new Set<string>()
  for (const part of Array.isArray(parts) ? parts : []) {
    const inner = expandSchema(part === true ? {} : part, place, document)
    if (inner === undefined) return undefined
    schemas.push(inner.schema)
    for (const reference of inner.place.references.slice(place.references.length)) followed.add(reference)
  }
  return { schema: schemas.reduce(mergeSchemas), place: { ...place, references: [...place.references, ...followed] } }
}

/** What stands beside a `$ref` counts as well. */
function expandReference(schema: JsonObject, place: Place, document: SchemaDocument): Expanded | undefined {
  const { $ref, ...siblings } = schema
  const reference = String($ref)
  const target = findTarget(document.root, reference)
  const inner = follow(place, reference)
  if (inner === undefined || target === undefined || target === false) return undefined
  return expandSchema(isJsonObject(target) ? mergeSchemas(target, siblings) : siblings, inner, document)
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
