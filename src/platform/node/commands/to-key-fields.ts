import type { JsonObject } from '../../../core/json.ts'
import { countFields, type KeyOptionValues, listFields } from './key-options.ts'
import { readBudget, readCount, readExpiry, readLabels, readList, readUsd } from './read-values.ts'

/** What the options say of a key, in the words of the wire. */
export interface KeyFields {
  readonly fields: JsonObject
  /** Those limits that are named, and no others. */
  readonly limits: JsonObject
}

/** Throws CommandError. `now` in milliseconds since 1970. */
export function toKeyFields(values: KeyOptionValues, now: number): KeyFields {
  const { name, expires, shadow, label } = values
  const maxTokens = values['default-max-tokens']
  return {
    limits: toLimitFields(values),
    fields: {
      ...toListFields(values),
      ...(name !== undefined && { name }),
      ...(expires !== undefined && { expires_at: readExpiry(expires, now) }),
      ...(shadow !== undefined && { shadow }),
      ...(maxTokens !== undefined && { default_max_tokens: readCount(maxTokens, 'default-max-tokens') }),
      ...(label !== undefined && { labels: readLabels(label) }),
    },
  }
}

function toLimitFields(values: KeyOptionValues): JsonObject {
  const { budget } = values
  const perCall = values['per-call']
  return {
    ...translate(countFields, (option) => {
      const text = values[option]
      return text === undefined ? undefined : readCount(text, option)
    }),
    ...(perCall !== undefined && { usd_per_call: readUsd(perCall, 'per-call') }),
    ...(budget !== undefined && { budgets: isNone(budget) ? [] : budget.map(readBudget) }),
  }
}

function toListFields(values: KeyOptionValues): JsonObject {
  return translate(listFields, (option) => {
    const texts = values[option]
    return texts === undefined ? undefined : readList(texts)
  })
}

/** Fields by what `read` says of their options; those of which it says nothing are left out. */
function translate<Name extends string>(
  names: Readonly<Record<Name, string>>,
  read: (option: Name) => unknown,
): JsonObject {
  const options = Object.keys(names) as Name[]
  const entries = options.map((option) => [names[option], read(option)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function isNone(texts: readonly string[]): boolean {
  return texts.length === 1 && texts[0] === 'none'
}
