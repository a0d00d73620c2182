import { isDeepStrictEqual } from 'node:util'
import { GatewayError } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { ReplyTranslation, translateRequest } from '../../src/translation/translate.ts'
import { type Field, listFields, toDroppedName, withOthers, withOtherText, without } from './list-fields.ts'

/** What a translation makes of a field: all that differs if the field is absent. */
export interface Outcome {
  /** The fields of the translated request that differ, with their values; null for one that is then absent. */
  readonly becomes?: Readonly<Record<string, unknown>>
  readonly dropped?: readonly string[]
  /** The message of the refusal. */
  readonly refused?: string
  /** The path of the object that is dropped or refused with this field in it. */
  readonly within?: string
}

/**
 * Compares the translations of a request with and without one of its fields, or with `other` as its value. Returns undefined if the request is refused
 * for another field.
 */
export function compareField(
  request: JsonObject,
  path: string,
  translate: Translate,
  other?: string,
): Outcome | undefined {
  const fields = listFields(request)
  const field = fields.get(path)
  if (field === undefined) throw new Error(`The request has no ${path}.`)
  const own = compare(request, field, translate, other)
  if (own !== undefined && !isSilent(own)) return own
  for (const around of toHolders(path)) {
    const holder = fields.get(around)
    const found = holder && compare(request, holder, translate)
    if (found !== undefined && isLost(found)) return { ...found, within: around }
  }
  return own
}

/** True if the presence of the field changes nothing, and nothing names it. */
export function isSilent({ becomes, dropped, refused }: Outcome): boolean {
  return becomes === undefined && dropped === undefined && refused === undefined
}

/** True for a field that is refused, or dropped as a whole. */
export function isLost({ becomes, dropped, refused }: Outcome): boolean {
  return refused !== undefined || (dropped !== undefined && becomes === undefined)
}

function compare(request: JsonObject, field: Field, translate: Translate, other?: string): Outcome | undefined {
  const whole = translate(request)
  const reduced =
    other === undefined || field.values.includes(other)
      ? without(request, field.places)
      : withOthers(request, field.places, other)
  const removed = translate(reduced)
  if ('refused' in whole) return 'refused' in removed ? undefined : { refused: whole.refused }
  // A required field has another value instead.
  const changed = 'refused' in removed && field.isLeaf ? translate(withOthers(request, field.places)) : removed
  const [value] = field.values
  const baseline =
    'refused' in changed && typeof value === 'string' ? translate(withOtherText(request, value)) : changed
  if ('refused' in baseline) return {}
  const becomes = toDifference(baseline.body, whole.body)
  // Other messages may have a dropped field of the same name.
  const names = field.places.flatMap((place) => [toDroppedName(place), toDroppedName(place.slice(0, 1))])
  const dropped = whole.dropped.filter((each) => !baseline.dropped.includes(each) || names.includes(each))
  return {
    ...(Object.keys(becomes).length > 0 && { becomes }),
    ...(dropped.length > 0 && { dropped }),
  }
}

/** Returns the fields that differ with their new values, or null for those that vanish, if none is new. */
function toDifference(before: JsonObject, after: JsonObject): Readonly<Record<string, unknown>> {
  const [old, now] = [listFields(before), listFields(after)]
  const differs = (path: string) => !isDeepStrictEqual(now.get(path)?.values, old.get(path)?.values)
  const changed = [...now.values()].filter(({ path, isLeaf }) => isLeaf && differs(path))
  if (changed.length > 0)
    return Object.fromEntries(changed.map(({ path, values }) => [path, values.length === 1 ? values[0] : values]))
  const lost = [...old.values()].filter(({ path, isLeaf }) => isLeaf && differs(path))
  return Object.fromEntries(lost.map(({ path }) => [path, null]))
}

type Translate = (body: JsonObject) => { readonly body: JsonObject; readonly dropped: readonly string[] } | Refusal

interface Refusal {
  readonly refused: string
}

export function toRequestTranslation(from: Dialect, to: Dialect, model: string): Translate {
  const target = { model, limitField: 'max_completion_tokens', maxOutputTokens: 64_000 }
  return (body) => {
    try {
      return translateRequest(body, from, to, { isStream: body.stream === true }, target)
    } catch (error) {
      if (error instanceof GatewayError) return { refused: error.message }
      throw error
    }
  }
}

/** `from` is the provider's dialect. */
export function toReplyTranslation(from: Dialect, to: Dialect): Translate {
  return (body) => {
    const context = { request: {}, id: '1', now: 1, model: 'm', wantsUsage: true }
    const whole = new ReplyTranslation(from, to, context).toWhole(body)
    return whole?.kind === 'whole' ? { body: whole.body, dropped: [] } : { refused: 'It is no reply.' }
  }
}

/** Returns the paths of the objects around a field, from the inside. */
export function toHolders(path: string): readonly string[] {
  return [...path.matchAll(/(?<=[^.[])(?=[.[])|(?<=\])(?=\.)/g)].map(({ index }) => path.slice(0, index)).toReversed()
}
