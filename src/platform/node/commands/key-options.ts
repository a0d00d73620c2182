import type { FieldOption } from '../../../admin/keys/field-types.ts'
import { allKeyFields } from '../../../admin/keys/key-fields.ts'
import { limitOptions } from '../../../admin/keys/limit-fields.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { Options } from './command.ts'
import { readBudgets, readCount, readExpiry, readLabels, readList, readUsd } from './read-values.ts'

/** An option of the command line that sets one field of a key. */
export interface KeyOption {
  /** As the admin API calls it. */
  readonly field: string
  readonly isLimit: boolean
  readonly option: FieldOption
  readonly description: string
}

/** One for each field and each limit of a key whose schema names an option. */
export const keyFieldOptions: readonly KeyOption[] = [
  ...allKeyFields.flatMap(([field, { option, description }]) =>
    option === undefined ? [] : [{ field, isLimit: false, option, description }],
  ),
  ...limitOptions.map(([field, option, description]) => ({ field, isLimit: true, option, description })),
]

/** Options that may be given more than once. */
const repeatable: ReadonlySet<FieldOption['kind']> = new Set(['list', 'labels', 'budgets'])

/** The options of `keys create`, `import` and `update`. */
export const keyOptions = {
  ...Object.fromEntries(
    keyFieldOptions.map(({ option: { name, kind } }) => [
      name,
      { type: kind === 'switch' ? 'boolean' : 'string', multiple: repeatable.has(kind) } as const,
    ]),
  ),
  'from-json': { type: 'string' },
} as const satisfies Options

/** The values of options, by name. */
export type KeyOptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** The fields of a key that options set, as the admin API names them. */
export interface KeyFields {
  readonly fields: JsonObject
  /** The limits that are named, and no others. */
  readonly limits: JsonObject
}

/** Throws CommandError. `now` in milliseconds since 1970. */
export function toKeyFields(values: KeyOptionValues, now: number): KeyFields {
  const read = (isLimit: boolean) =>
    Object.fromEntries(
      keyFieldOptions.flatMap((known) => {
        const value = values[known.option.name]
        return known.isLimit !== isLimit || value === undefined ? [] : [[known.field, readValue(known, value, now)]]
      }),
    )
  return { fields: read(false), limits: read(true) }
}

function readValue({ option: { name, kind } }: KeyOption, value: string | boolean | readonly string[], now: number) {
  if (typeof value === 'boolean') return value
  const strings = typeof value === 'string' ? [value] : value
  const [first = ''] = strings
  switch (kind) {
    case 'count':
      return readCount(first, name)
    case 'usd':
      return readUsd(first, name)
    case 'time':
      return readExpiry(first, now)
    case 'list':
      return readList(strings)
    case 'labels':
      return readLabels(strings)
    case 'budgets':
      return readBudgets(strings)
    default:
      return first
  }
}
