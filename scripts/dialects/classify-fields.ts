import { join } from 'node:path'
import type { JsonObject } from '../../src/core/json.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import type { DialectSamples } from '../../test/translation/samples/dialect-samples.ts'
import { replySamples } from '../../test/translation/samples/reply-samples.ts'
import { dialectSamples } from '../../test/translation/samples/samples.ts'
import {
  compareField,
  isLost,
  isSilent,
  type Outcome,
  toHolders,
  toReplyTranslation,
  toRequestTranslation,
} from './compare-fields.ts'
import { listFields } from './list-fields.ts'
import { readTypeFields } from './read-type-fields.ts'

/** A direction of translation. */
export interface Pair {
  readonly from: Dialect
  readonly to: Dialect
}

/** The outcome of each field, by the model of the target. */
export type Outcomes = Readonly<Record<string, Readonly<Record<string, Outcome>>>>

export const pairs: readonly Pair[] = [...dialectSamples.keys()].flatMap((from) =>
  [...dialectSamples.keys()].filter((to) => to !== from).map((to) => ({ from, to })),
)

/** Translates every sample with and without each of its fields. The first sample that decides gives the outcome. */
export function classifyFields(pair: Pair): Outcomes {
  const outcomes: Record<string, Outcomes[string]> = {}
  for (const { name, request, path } of listSampleFields(samplesOf(pair.from))) {
    if (name in outcomes) continue
    const found = classify(request, path, pair)
    if (found !== undefined) outcomes[name] = found
  }
  return narrow(outcomes, samplesOf(pair.from))
}

/** Translates every sample of a reply with and without each of its members. `from` is the provider's dialect. */
export function classifyReplies({ from, to }: Pair): Readonly<Record<string, Outcome>> {
  const { replies = [], valued = {} } = replySamples.get(from) ?? {}
  const outcomes: Record<string, Outcome> = {}
  for (const each of replies) {
    const reply = each as JsonObject
    for (const { path, values, isLeaf } of listFields(reply).values()) {
      // The reply itself has a type.
      const member = path.replace(/^\[\w+\]\.?/, '')
      const name = member in valued ? `${member}: ${JSON.stringify(values[0])}` : member
      if (isLeaf && !(name in outcomes))
        outcomes[name] = compareField(reply, path, toReplyTranslation(from, to), valued[member]) ?? {}
    }
  }
  return outcomes
}

/** Moves `within` inwards to the object whose fields are all lost: an image may be carried but for one kind of source. */
function narrow(outcomes: Readonly<Record<string, Outcomes[string]>>, { toName = keep }: DialectSamples): Outcomes {
  const kept = Object.entries(outcomes).flatMap(([name, found]) => (Object.values(found).every(isLost) ? [] : [name]))
  const isWholly = (path: string) => !kept.some((name) => name === path || isBelow(name, path))
  const narrowOne = (name: string, { within, ...outcome }: Outcome): Outcome => {
    const around =
      within && [...toHolders(name)].reverse().find((path) => isWithin(path, toName(within)) && isWholly(path))
    return around === undefined ? outcome : { ...outcome, within: around }
  }
  return Object.fromEntries(
    Object.entries(outcomes).map(([name, found]) => [
      name,
      Object.fromEntries(Object.entries(found).map(([model, outcome]) => [model, narrowOne(name, outcome)])),
    ]),
  )
}

function isWithin(path: string, around: string): boolean {
  return path === around || isBelow(path, around)
}

/**
 * Lists the samples' fields that change nothing and are not named as dropped, although no reason is known, and those that
 * no sample decides.
 */
export function findSilentFields(pair: Pair): readonly string[] {
  const { unread } = samplesOf(pair.from)
  const decided = classifyFields(pair)
  return listSampleFields(samplesOf(pair.from)).flatMap(({ name, request, path }) => {
    if (name in unread || withoutValue(name) in unread) return []
    if (decided[name] === undefined) return [name]
    const silent = Object.entries(classify(request, path, pair) ?? {}).filter(([, outcome]) => isSilent(outcome))
    return silent.map(([model]) => `${name} of ${JSON.stringify(request)} for ${model}`)
  })
}

/** Lists the fields of the SDK's types that no sample has. The members of a part that is lost as a whole need none. */
export function findMissingFields(from: Dialect): readonly string[] {
  const names = new Set(listSampleFields(samplesOf(from)).map(({ name }) => name))
  const known = new Set([...names].map(withoutValue))
  const outcomes = pairs.filter((pair) => pair.from === from).map(classifyFields)
  const lost = [...names].flatMap((name) => {
    const all = outcomes.flatMap((each) => Object.values(each[name] ?? {}))
    const within = all[0]?.within
    if (!all.every((each) => isLost(each) && each.within === within)) return []
    return [within ?? name]
  })
  return listTypeFields(from).filter((path) => !known.has(path) && !lost.some((around) => isBelow(path, around)))
}

/** Lists the samples' fields that are neither in the SDK's types nor known as extensions. */
export function findUnknownFields(from: Dialect): readonly string[] {
  const typed = listTypeFields(from)
  const { extensions } = samplesOf(from)
  const names = new Set(listSampleFields(samplesOf(from)).map(({ name }) => withoutValue(name)))
  return [...names].filter(
    (name) => !extensions.includes(name) && !typed.some((path) => path === name || isBelow(path, name)),
  )
}

function listTypeFields(dialect: Dialect): readonly string[] {
  const { types, toName = keep } = samplesOf(dialect)
  const files = types.files.map((file) => join(import.meta.dirname, '../../node_modules', file))
  return [...new Set(readTypeFields({ ...types, files }).map(toName))]
}

export function samplesOf(dialect: Dialect): DialectSamples {
  const samples = dialectSamples.get(dialect)
  if (samples === undefined) throw new Error(`There are no samples of ${dialect.id}.`)
  return samples
}

interface SampleField {
  readonly name: string
  readonly path: string
  readonly request: JsonObject
}

function listSampleFields({ requests, valued, toName = keep }: DialectSamples): readonly SampleField[] {
  return requests.flatMap((each) => {
    const request = each as JsonObject
    const leaves = [...listFields(request).values()].filter(({ isLeaf }) => isLeaf)
    return leaves.map(({ path, values }) => {
      const name = toName(path)
      return { name: valued.includes(name) ? `${name}: ${JSON.stringify(values[0])}` : name, path, request }
    })
  })
}

/** Returns the outcome by model; undefined if a model's request is refused for another field. */
function classify(request: JsonObject, path: string, { from, to }: Pair): Outcomes[string] | undefined {
  const outcomes = samplesOf(to).models.map(
    (model) => [model, compareField(request, path, toRequestTranslation(from, to, model))] as const,
  )
  const decided = outcomes.flatMap(([model, outcome]) => (outcome === undefined ? [] : [[model, outcome] as const]))
  return decided.length < outcomes.length ? undefined : Object.fromEntries(decided)
}

function withoutValue(name: string): string {
  return name.replace(/: .*/, '')
}

function isBelow(path: string, around: string): boolean {
  return path.startsWith(`${around}.`) || path.startsWith(`${around}[`)
}

function keep(path: string): string {
  return path
}
