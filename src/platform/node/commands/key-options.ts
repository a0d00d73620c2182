import { type Command, Option } from 'commander'
import type { FieldOption } from '../../../admin/keys/field-types.ts'
import { allKeyFields } from '../../../admin/keys/key-fields.ts'
import { limitOptions } from '../../../admin/keys/limit-fields.ts'
import type { JsonObject } from '../../../core/json.ts'
import { takesValue, takesValues } from './options.ts'
import { readBudgets, readCount, readExpiry, readLabels, readList, readUsd } from './read-values.ts'

/** An option of the command line that sets one field of a key. */
interface KeyOption {
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

/** The values of a command's options, by the name that commander gives them: `defaultMaxTokens` for `--default-max-tokens`. */
export type KeyOptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** How each kind of value is written, and a hint that the field's own description does not have. */
const spellings: Readonly<Record<FieldOption['kind'], readonly [placeholder: string, hint: string]>> = {
  string: ['<text>', ''],
  switch: ['', ''],
  count: ['<n>', ''],
  usd: ['<usd>', ''],
  list: ['<list>', ''],
  time: ['<when>', ' Such as 30d, 2030-01-31 or never.'],
  labels: ['<name=text>', ' Repeatable.'],
  budgets: ['<usd/period>', ' Such as 2.50/day@Europe/Berlin; day, week, month or total; repeatable.'],
}

/** Adds the options of `keys create`, `import` and `update`. A new key has the default of each that is not given. */
export function addKeyOptions(command: Command, { isNew }: { readonly isNew: boolean }): Command {
  for (const isLimit of [false, true]) {
    command.optionsGroup(
      isLimit
        ? `Limits (none takes one away${isNew ? '; default: none' : ''}):`
        : 'Fields (a list has commas or is repeated, and replaces the old one; any lifts the restriction, none allows nothing):',
    )
    for (const { option, description } of keyFieldOptions.filter((known) => known.isLimit === isLimit)) {
      const [placeholder, hint] = spellings[option.kind]
      const flags = `--${option.name}${placeholder === '' ? '' : ` ${placeholder}`}`
      // The description says what null means, which is the default of a new key.
      const [, preset] = / Null (?:is|allows) ([^.]*)\./.exec(description) ?? []
      const text = `${description.replace(/ Null [^.]*\./, '')}${hint}${isNew && preset !== undefined ? ` (default: ${preset})` : ''}`
      if (option.kind === 'switch') {
        command
          .addOption(new Option(flags, text))
          .addOption(new Option(`--no-${option.name}`, `The opposite.${isNew ? ' (default)' : ''}`))
      } else {
        const isRepeatable = option.kind === 'list' || option.kind === 'labels' || option.kind === 'budgets'
        command.addOption((isRepeatable ? takesValues : takesValue)(flags, text.replaceAll('`', '')))
      }
    }
  }
  return command
    .optionsGroup('Other:')
    .addOption(takesValue('--from-json <file>', 'an object as the admin API takes it, - for stdin; options go over it'))
}

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
        const value = values[new Option(`--${known.option.name}`).attributeName()]
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
