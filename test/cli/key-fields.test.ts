import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { allKeyFields } from '../../src/admin/keys/key-fields.ts'
import { addKeyOptions, keyFieldOptions, toKeyFields } from '../../src/platform/node/commands/key-options.ts'
import { projectRoot } from '../architecture/source-files.ts'

const now = Date.UTC(2026, 10, 22)

function toFields(...args: readonly string[]): unknown {
  const command = addKeyOptions(new Command(), { isNew: false }).parse(args, { from: 'user' })
  const { fields, limits } = toKeyFields(command.opts(), now)
  return { ...fields, ...(Object.keys(limits).length > 0 && { limits }) }
}

test.each<[string, object]>([
  ['--name ann', { name: 'ann' }],
  ['--rpm 1 --rph 2 --rpd 3', { limits: { requests_per_minute: 1, requests_per_hour: 2, requests_per_day: 3 } }],
  ['--tpm 1 --tph 2 --tpd 3', { limits: { tokens_per_minute: 1, tokens_per_hour: 2, tokens_per_day: 3 } }],
  ['--concurrent 4 --streams none', { limits: { concurrent_calls: 4, concurrent_streams: null } }],
  ['--per-call 0.000000001', { limits: { usd_per_call: 1e-9 } }],
  ['--per-call none', { limits: { usd_per_call: null } }],
  ['--budget 0/total', { limits: { budgets: [{ usd: 0, per: 'total' }] } }],
  ['--budget 2.50/week@Asia/Tokyo', { limits: { budgets: [{ usd: 2.5, per: 'week', time_zone: 'Asia/Tokyo' }] } }],
  ['--budget none', { limits: { budgets: [] } }],
  ['--models gpt-4o*,openai/* --models o3', { models: ['gpt-4o*', 'openai/*', 'o3'] }],
  ['--models any --operations none', { models: null, operations: [] }],
  [
    '--origin https://a.example --ip 10.0.0.0/8,::1',
    { origins: ['https://a.example'], ip_ranges: ['10.0.0.0/8', '::1'] },
  ],
  ['--expires 30d', { expires_at: '2026-12-22T00:00:00.000Z' }],
  ['--expires 90s', { expires_at: '2026-11-22T00:01:30.000Z' }],
  ['--expires 2027-01-01', { expires_at: '2027-01-01' }],
  ['--expires 2027-01-01T08:00:00+01:00', { expires_at: '2027-01-01T08:00:00+01:00' }],
  ['--expires never', { expires_at: null }],
  ['--shadow', { shadow: true }],
  ['--no-shadow', { shadow: false }],
  ['--default-max-tokens 500', { default_max_tokens: 500 }],
  ['--default-max-tokens none', { default_max_tokens: null }],
  ['--label team=search --label note=a=b', { labels: { team: 'search', note: 'a=b' } }],
  ['--label none', { labels: null }],
  ['--label __proto__=x', { labels: { ['__proto__']: 'x' } }],
])('`%s` sets the matching fields of the admin API', (line, fields) => {
  expect(toFields(...line.split(' '))).toEqual(fields)
})

test('docs/keys.md lists every field of a key, and docs/cli.md every option', () => {
  const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')
  const [keys, cli] = [read('docs/keys.md'), read('docs/cli.md')]
  for (const [field] of allKeyFields) expect(keys).toContain(`| \`${field}\` |`)
  for (const { option } of keyFieldOptions) expect(cli).toContain(`--${option.name}`)
})
