import { afterEach, beforeEach, expect, it } from 'vitest'
import type { KeyAdmin } from '../../../src/admin/keys/key-admin.ts'
import { named, type OpenKeyAdmin, openKeyAdmin, refusal } from './open-key-admin.ts'

let opened: OpenKeyAdmin
let admin: KeyAdmin
beforeEach(async () => {
  opened = await openKeyAdmin()
  admin = opened.admin
})
afterEach(() => opened.close())

const budget = (fields: object) => named({ limits: { budgets: [{ usd: 1, per: 'day', ...fields }] } })

it.each<[string, unknown, string | undefined, RegExp]>([
  ['an array', [], undefined, /must be an object/],
  ['null', null, undefined, /must be an object/],
  ['a name that is a number', { name: 7 }, 'name', /must be a string/],
  ['an empty name', { name: ' ' }, 'name', /1 to 100 characters/],
  ['a name of two lines', { name: 'a\nb' }, 'name', /line breaks/],
  ['a misspelt field', named({ limit: {} }), 'limit', /Did you mean `limits`\?/],
  [
    'a misspelt limit',
    named({ limits: { request_per_minute: 1 } }),
    'limits.request_per_minute',
    /Did you mean `requests_per_minute`/,
  ],
  ['a misspelt budget', budget({ timezone: 'UTC' }), 'limits.budgets[0].timezone', /Did you mean `time_zone`/],
  [
    'a limit of 0',
    named({ limits: { requests_per_minute: 0 } }),
    'limits.requests_per_minute',
    /from 1 to 1000000000000/,
  ],
  [
    'a fraction of a request',
    named({ limits: { requests_per_minute: 1.5 } }),
    'limits.requests_per_minute',
    /whole number/,
  ],
  ['a limit as a string', named({ per_user: { tokens_per_day: '5' } }), 'per_user.tokens_per_day', /whole number/],
  ['negative money', budget({ usd: -1 }), 'limits.budgets[0].usd', /from 0 to 9000000 with at most 9 decimals/],
  ['an amount with ten decimals', budget({ usd: 1e-10 }), 'limits.budgets[0].usd', /at most 9 decimals/],
  ['too much money', named({ limits: { usd_per_call: 9_000_001 } }), 'limits.usd_per_call', /from 0 to 9000000/],
  ['NaN', named({ limits: { usd_per_call: Number.NaN } }), 'limits.usd_per_call', /from 0 to 9000000/],
  ['an unknown period', budget({ per: 'year' }), 'limits.budgets[0].per', /`day`, `week`, `month`, `total`/],
  [
    'an unknown time zone',
    budget({ time_zone: 'Europe/Berln' }),
    'limits.budgets[0].time_zone',
    /Did you mean `Europe\/Berlin`/,
  ],
  ['an offset as time zone', budget({ time_zone: '+02:00' }), 'limits.budgets[0].time_zone', /unknown time zone/],
  ['a bad range', named({ ip_ranges: ['10.0.0.0/8', '10.0.0.0/40'] }), 'ip_ranges[1]', /IP address or a CIDR range/],
  ['a range with host bits', named({ ip_ranges: ['10.1.2.3/8'] }), 'ip_ranges[0]', /Write 10\.0\.0\.0\/8/],
  ['a bad origin', named({ origins: ['shop.example/x'] }), 'origins[0]', /exact origin/],
  ['any origin', named({ origins: ['*'] }), 'origins[0]', /send null to allow any/],
  ['a model with a space', named({ models: ['gpt 4'] }), 'models[0]', /without spaces/],
  [
    'an unknown operation',
    named({ operations: ['chat.completion'] }),
    'operations[0]',
    /Did you mean `chat.completions`/,
  ],
  ['a date without a zone', named({ expires_at: '2031-01-01T00:00:00' }), 'expires_at', /with its zone/],
  ['a date that does not exist', named({ expires_at: '2031-02-30T00:00:00Z' }), 'expires_at', /with its zone/],
  [
    'a time in the past',
    named({ expires_at: '2030-06-01T11:59:59Z' }),
    'expires_at',
    /in the future; the server's time is 2030-06-01T12:00:00/,
  ],
  ['a long label', named({ labels: { team: 'x'.repeat(513) } }), 'labels.team', /at most 512/],
  ['a label with a bad name', named({ labels: { ' x': 'y' } }), 'labels', /1 to 64 letters/],
  ['a label named `__proto__`', named({ labels: JSON.parse('{"__proto__":"y"}') }), 'labels', /1 to 64 letters/],
  [
    '17 labels',
    named({ labels: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`l${at}`, ''])) }),
    'labels',
    /at most 16/,
  ],
  ['too many models', named({ models: Array.from({ length: 201 }, (_, at) => `m${at}`) }), 'models', /at most 200/],
  ['too many tokens', named({ default_max_tokens: 1e9 }), 'default_max_tokens', /from 1 to 10000000/],
  ['an unknown parent', named({ parent_id: 'key_none' }), 'parent_id', /does not exist/],
])('S36 refuses %s', async (_what, input, param, message) => {
  expect(await refusal(admin.create(input))).toEqual({
    code: 'invalid_value',
    param,
    message: expect.stringMatching(message),
  })
  expect((await admin.list({ limit: 9 })).items).toEqual([])
  expect(opened.audits).toEqual([])
})

it('S36 refuses a key without a required field', async () => {
  expect(await refusal(admin.create({}))).toMatchObject({ code: 'missing_required_parameter', param: 'name' })
  expect(await refusal(admin.create(named({ limits: { budgets: [{ per: 'day' }] } })))).toMatchObject({
    code: 'missing_required_parameter',
    param: 'limits.budgets[0].usd',
  })
})

it('S36 refuses every column and every internal field that cannot be set', async () => {
  const columns = [
    'id',
    'root_id',
    'rootId',
    'is_disabled',
    'isDisabled',
    'rules',
    'created_at',
    'updated_at',
    'revision',
  ]
  const inner = [
    'parentId',
    'hash',
    'secret_hash',
    'secrets',
    'owner',
    'role',
    'is_admin',
    'budget',
    'spent',
    '__proto__',
  ]
  const { id } = await admin.create({ name: 'x' })
  for (const column of [...columns, ...inner]) {
    const input = JSON.parse(`{"name":"x","${column}":"1"}`) as unknown
    expect.soft(await refusal(admin.create(input)), column).toMatchObject({ code: 'invalid_value', param: column })
    expect.soft(await refusal(admin.update(id, input)), column).toMatchObject({ code: 'invalid_value', param: column })
  }
  expect(await refusal(admin.update(id, { parent_id: null }))).toMatchObject({ param: 'parent_id' })
  expect(await refusal(admin.update(id, { secret: 'sk-proj-existing-0123456789' }))).toMatchObject({
    message: 'secret cannot be set. Rotate the key to change its secret.',
  })
})
