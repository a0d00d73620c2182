import type { Options, OptionValues } from './command.ts'

/** Limits that are one number, and their fields on the wire. */
export const countFields = {
  rpm: 'requests_per_minute',
  rph: 'requests_per_hour',
  rpd: 'requests_per_day',
  tpm: 'tokens_per_minute',
  tph: 'tokens_per_hour',
  tpd: 'tokens_per_day',
  concurrent: 'concurrent_calls',
  streams: 'concurrent_streams',
} as const

/** Lists, and their fields on the wire. */
export const listFields = {
  models: 'models',
  operations: 'operations',
  origin: 'origins',
  ip: 'ip_ranges',
} as const

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const

/** What of a key can be set. */
export const keyOptions = {
  ...{ rpm: text, rph: text, rpd: text, tpm: text, tph: text, tpd: text, concurrent: text, streams: text },
  ...{ budget: texts, 'per-call': text, models: texts, operations: texts, origin: texts, ip: texts },
  ...{ name: text, expires: text, shadow: { type: 'boolean' }, 'default-max-tokens': text, label: texts },
  'from-json': text,
} as const satisfies Options

export type KeyOptionValues = OptionValues<typeof keyOptions>
