import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import { labelNames, wholeNames } from './read-type-fields.ts'

export type Place = readonly (string | number)[]

/** A field of a request, and where it stands there. */
export interface Field {
  /** Such as `messages[user].content[text].text`: brackets hold the role or type of an object, or nothing. */
  readonly path: string
  readonly values: readonly unknown[]
  readonly places: readonly Place[]
  /** False for an object whose members are fields of their own. */
  readonly isLeaf: boolean
}

/** Members whose value is JSON of the caller's own, or of any form. */
const freeNames = new Set([
  '_responseJsonSchema',
  'args',
  'input_schema',
  'labels',
  'logit_bias',
  'output_schema',
  'parametersJsonSchema',
  'partMetadata',
  'responseJsonSchema',
  'schema',
  'skills',
  'variables',
])
const freePaths = /\[tool_use\]\.input$|allowed_tools\]?\.(?:allowed_tools\.)?tools$/

/** Lists the fields of a request, and the objects that hold them, by their paths. */
export function listFields(request: JsonObject): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>()

  function add(path: string, place: Place, value: unknown, isLeaf: boolean): void {
    const { values, places } = fields.get(path) ?? { values: [], places: [] }
    fields.set(path, { path, values: [...values, value], places: [...places, place], isLeaf })
  }

  function visit(value: unknown, path: string, place: Place): void {
    const name = place.findLast((each) => typeof each === 'string') ?? ''
    if (Array.isArray(value) && value.some(isJsonObject) && !isWhole(name, path)) {
      for (const [index, each] of value.entries()) visit(each, `${path}[]`, [...place, index])
      return
    }
    if (!isJsonObject(value) || isWhole(name, path)) {
      add(path, place, value, true)
      return
    }
    const label = labelNames.map((each) => value[each]).find((each) => typeof each === 'string')
    const here = label === undefined ? path : `${path.replace(/\[\]$/, '')}[${label}]`
    const members = Object.entries(value).filter(([each, inner]) => inner !== null && !labelNames.includes(each))
    if (here !== '') add(here, place, value, members.length === 0)
    for (const [each, inner] of members) visit(inner, here === '' ? each : `${here}.${each}`, [...place, each])
  }

  visit(request, '', [])
  return fields
}

function isWhole(name: string, path: string): boolean {
  return freeNames.has(name) || wholeNames.has(name) || freePaths.test(path)
}

/** Returns the name of a place in `x-weir-dropped`: `messages[].name`. */
export function toDroppedName(place: Place): string {
  return place.map((step, index) => (typeof step === 'number' ? '[]' : index === 0 ? step : `.${step}`)).join('')
}

/** Returns a copy without the values at these places. */
export function without(request: JsonObject, places: readonly Place[]): JsonObject {
  const copy = structuredClone(request)
  // From the last, because a removed element moves those behind it.
  for (const place of places.toReversed()) {
    const holder = holderOf(copy, place)
    const last = place.at(-1)
    if (Array.isArray(holder) && typeof last === 'number') holder.splice(last, 1)
    else if (isJsonObject(holder)) delete (holder as Record<string, unknown>)[String(last)]
  }
  return copy
}

/** Returns a copy with other values at these places. */
export function withOthers(request: JsonObject, places: readonly Place[], other?: string): JsonObject {
  const copy = structuredClone(request)
  for (const place of places) {
    const holder = holderOf(copy, place) as Record<string | number, unknown>
    const last = place.at(-1) ?? ''
    holder[last] = other ?? toOther(holder[last])
  }
  return copy
}

/** Returns a copy with another text wherever the same one stands, because an id has a counterpart. */
export function withOtherText(request: JsonObject, text: string): JsonObject {
  return JSON.parse(JSON.stringify(request), (_, value: unknown) => (value === text ? toOther(text) : value))
}

function holderOf(request: JsonObject, place: Place): unknown {
  return place.slice(0, -1).reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], request)
}

function toOther(value: unknown): unknown {
  if (typeof value === 'string') return `${value}2`
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  return Array.isArray(value) ? value.slice(1) : { ...(value as object), other: 1 }
}
