/** What the admin API does on the command line. */
export const commandGroups = ['keys', 'usage', 'records', 'prices', 'audit', 'admin-token'] as const

export type CommandGroup = (typeof commandGroups)[number]

/** What a group of commands takes, for people. */
export function helpOf(group: CommandGroup): string {
  return `${texts[group]}\n${group === 'admin-token' ? tokenEnd : end}`
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

Limits of create, import and update; none takes one away
  --rpm N, --rph N, --rpd N    requests a minute, hour, day
  --tpm N, --tph N, --tpd N    tokens a minute, hour, day
  --concurrent N, --streams N  calls, streams at the same time
  --budget USD/PERIOD[@ZONE]   such as 10/month or 2.50/day@Europe/Berlin; day, week, month or total; repeatable
  --per-call USD               the most that one call may cost
  --shadow, --no-shadow        count, and refuse nothing

What else a key says; what is repeatable replaces the whole list
  --parent KEY                 the key above it (create, import)
  --models LIST                patterns such as gpt-4o*,openai/*; any lifts the restriction, none allows nothing
  --operations LIST, --origin LIST, --ip LIST    in the same way
  --expires WHEN               30d, 2030-01-31, or never
  --default-max-tokens N       for calls that name no limit of their own
  --label NAME=TEXT            repeatable
  --from-json FILE             an object as the admin API takes it, - for stdin; options go over it
  --secret -                   a secret that exists already, read from stdin (create, rotate)
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
