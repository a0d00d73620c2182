import type { CommandGroup } from './command-groups.ts'
import { type KeyOption, keyFieldOptions } from './key-options.ts'

/** The help of a group of commands. */
export function helpOf(group: CommandGroup): string {
  return `${texts[group]}\n${group === 'admin-token' ? tokenEnd : end}`
}

/** How the value of an option is written. */
const placeholders: Readonly<Record<KeyOption['option']['kind'], string>> = {
  string: ' TEXT',
  switch: '',
  count: ' N',
  usd: ' USD',
  list: ' LIST',
  time: ' WHEN',
  labels: ' NAME=TEXT',
  budgets: ' USD/PERIOD[@ZONE]',
}

/** The values of an option that its field does not have. */
const hints: Readonly<Partial<Record<KeyOption['option']['kind'], string>>> = {
  time: ' Such as 30d, 2030-01-31 or never.',
  labels: ' Repeatable.',
  budgets: ' Such as 2.50/day@Europe/Berlin; day, week, month or total; repeatable.',
}

const texts: Readonly<Record<CommandGroup, string>> = {
  keys: `weir keys: virtual keys. KEY is an id, such as key_019a…

  weir keys create --name NAME [options]   makes a key and shows its secret, once
  weir keys import --name NAME [options]   makes a key of a secret that exists already, read from stdin
  weir keys list [--parent KEY]            all keys, or those below one
  weir keys show KEY
  weir keys balance KEY                    what it has spent, with all keys below it
  weir keys update KEY [options]           changes what is named, and leaves the rest
  weir keys disable KEY, enable KEY
  weir keys rotate KEY [--overlap 24h]     another secret; the old one ends after the overlap (default 24h)
  weir keys delete KEY [--yes]             with all keys below it; their records stay

Fields of create, import and update. A LIST has commas or is repeated, and replaces the old one; any lifts the restriction,
none allows nothing
${describeOptions(keyFieldOptions.filter(({ isLimit }) => !isLimit))}
  --parent KEY                 the key above it (create, import)
  --from-json FILE             an object as the admin API takes it, - for stdin; options go over it
  --secret -                   a secret that exists already, read from stdin (create, rotate)

Limits; none takes one away
${describeOptions(keyFieldOptions.filter(({ isLimit }) => isLimit))}
`,
  usage: `weir usage: what was used, as sums

  --from DAY, --to DAY         UTC days such as 2026-11-22, both included (default: the last thirty)
  --by LIST                    day, key, user, provider, model, tag, in this order; total for one sum (default: day)
  --key KEY [--descendants]    only this key, or also those below it
  --user, --provider, --model, --tag TEXT
  --format csv|jsonl|json      written as it comes
`,
  records: `weir records: the record of every attempt, oldest first, written as it comes

  --from WHEN, --to WHEN       a day, or a date and time with its zone
  --key KEY
  --format csv|jsonl|json      (default: csv)
`,
  prices: `weir prices [PATTERN]: what models cost, in USD for a million tokens or for one of something

  PATTERN                      a model; * stands for any text
  --provider NAME
`,
  audit: `weir audit: who changed what, newest first

  --subject KEY                only what was done to this key
  --limit N                    how many at most; none for all (default: 50)
`,
  'admin-token': `weir admin-token: makes another secret for the admin API in place of the one that Weir made, and shows it once

It works where the server runs, also while it runs. Where ADMIN_TOKEN is set, that is the secret instead.
`,
}

const tokenEnd = `Options
  --config FILE                weir.config.{yaml,json,ts} (default: the one in this folder)
  --json
`

const end = `Options
  --url URL                    a server elsewhere, with its ADMIN_TOKEN in the environment (WEIR_URL)
                               (default: the storage that a server in this folder has, also while it runs)
  --config FILE                weir.config.{yaml,json,ts} (default: the one in this folder)
  --json                       one JSON document, as the admin API has it
`

function describeOptions(options: readonly KeyOption[]): string {
  return options
    .map(({ option: { name, kind }, description }) => {
      const spelling = kind === 'switch' ? `--${name}, --no-${name}` : `--${name}${placeholders[kind]}`
      return `  ${spelling.padEnd(28)} ${description.replace(/ Null [^.]*\./, '').replaceAll('`', '')}${hints[kind] ?? ''}`
    })
    .join('\n')
}
