import { type Command, Option } from 'commander'
import { allKeyFields } from '../../../admin/keys/key-fields.ts'
import { limitOptions } from '../../../config/limit-fields.ts'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import type { FieldOption } from '../../../schema/field-types.ts'
import { repeatableOption, valueOption } from './options.ts'
import { readBudgets, readCount, readExpiry, readLabels, readList, readUsd } from './read-values.ts'

/** A command-line option that sets one field of a key. */
interface KeyOption {
  /** Field name in the admin API. */
  readonly field: string
  readonly isLimit: boolean
  readonly option: FieldOption
  readonly description: string
}

/** One entry per field or limit of a key whose schema names an option. */
export const keyFieldOptions: readonly KeyOption[] = [
  ...allKeyFields.flatMap(([field, { option, description }]) =>
    option === undefined ? [] : [{ field, isLimit: false, option, description }],
  ),
  ...limitOptions.map(([field, option, description]) => ({ field, isLimit: true, option, description })),
]

/** Option values by commander's attribute name: `defaultMaxTokens` for `--default-max-tokens`. */
export type KeyOptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** Placeholder of each kind of value, and a hint to add to the field's description. */
const valueSyntax: Readonly<Record<FieldOption['kind'], readonly [placeholder: string, hint: string]>> = {
  string: ['<string>', ''],
  switch: ['', ''],
  count: ['<n>', ''],
  usd: ['<usd>', ''],
  list: ['<list>', ''],
  time: ['<time>', ' Examples: 30d, 2030-01-31, never.'],
  labels: ['<name=value>', ' Repeatable.'],
  budgets: ['<usd/period>', ' Example: 2.50/day@Europe/Berlin. Periods: day, week, month, total. Repeatable.'],
}

/** Adds the options of `keys create`, `import` and `update`. The help for a new key also shows the defaults. */
export function addKeyOptions(command: Command, { isNew }: { readonly isNew: boolean }): Command {
  for (const isLimit of [false, true]) {
    command.optionsGroup(
      isLimit
        ? `Limits (none removes a limit${isNew ? '; default: none' : ''}):`
        : 'Fields (lists are comma-separated or repeated and replace the old list; any removes the restriction, none allows nothing):',
    )
    for (const { option, description } of keyFieldOptions.filter((field) => field.isLimit === isLimit)) {
      const [placeholder, hint] = valueSyntax[option.kind]
      const flags = `--${option.name}${placeholder === '' ? '' : ` ${placeholder}`}`
      // The description of a field states the meaning of null, which is the default of a new key.
      const [, preset] = / Null (?:is|allows) ([^.]*)\./.exec(description) ?? []
      const help = `${description.replace(/ Null [^.]*\./, '')}${hint}${isNew && preset !== undefined ? ` (default: ${preset})` : ''}`
      if (option.kind === 'switch') {
        command
          .addOption(new Option(flags, help))
          .addOption(new Option(`--no-${option.name}`, `Turns --${option.name} off.${isNew ? ' (default)' : ''}`))
      } else {
        const isRepeatable = option.kind === 'list' || option.kind === 'labels' || option.kind === 'budgets'
        command.addOption((isRepeatable ? repeatableOption : valueOption)(flags, help.replaceAll('`', '')))
      }
    }
  }
  return command
    .optionsGroup('Other:')
    .addOption(
      valueOption('--from-json <file>', 'a JSON object as for the admin API, - for stdin; options override it'),
    )
}

/** The fields of a key that options set, by their names in the admin API. */
export interface KeyFields {
  readonly fields: JsonObject
  /** Only the limits that options name. */
  readonly limits: JsonObject
}

/** Converts option values to fields. `now` is in milliseconds since 1970. Throws CommandError. */
export function toKeyFields(values: KeyOptionValues, now: number): KeyFields {
  const read = (isLimit: boolean) =>
    Object.fromEntries(
      keyFieldOptions.flatMap((entry) => {
        const value = values[new Option(`--${entry.option.name}`).attributeName()]
        return entry.isLimit !== isLimit || value === undefined ? [] : [[entry.field, readValue(entry, value, now)]]
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

/** Merges the object of --from-json with the fields of the options, which take precedence. */
export function toKeyBody(base: JsonObject, { fields, limits }: KeyFields): JsonObject {
  if (Object.keys(limits).length === 0) return { ...base, ...fields }
  return { ...base, ...fields, limits: { ...(isJsonObject(base.limits) && base.limits), ...limits } }
}
