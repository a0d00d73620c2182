import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyAdmin } from '../../../src/admin/keys/key-admin.ts'
import type { KeyObject } from '../../../src/admin/keys/key-object.ts'
import { everything, named, type OpenKeyAdmin, openKeyAdmin, refusal, unlimited } from './open-key-admin.ts'

let opened: OpenKeyAdmin
let admin: KeyAdmin
beforeEach(async () => {
  opened = await openKeyAdmin()
  admin = opened.admin
})
afterEach(() => opened.close())

describe('limits that contradict each other', () => {
  it.each([
    [
      { requests_per_minute: 61, requests_per_hour: 60 },
      'limits.requests_per_minute',
      'from 1 to 60, because `requests_per_hour` is 60',
    ],
    [{ tokens_per_hour: 11, tokens_per_day: 10 }, 'limits.tokens_per_hour', 'from 1 to 10'],
    [{ tokens_per_minute: 11, tokens_per_day: 10 }, 'limits.tokens_per_minute', 'from 1 to 10'],
    [{ concurrent_streams: 3, concurrent_calls: 2 }, 'limits.concurrent_streams', 'from 1 to 2'],
    [
      { usd_per_call: 0.5, budgets: [{ usd: 0.4, per: 'day' }] },
      'limits.usd_per_call',
      'from 0 to 0.4, because `budgets[0].usd` is 0.4',
    ],
    [
      {
        budgets: [
          { usd: 9, per: 'month' },
          { usd: 10, per: 'day' },
        ],
      },
      'limits.budgets[1].usd',
      'from 0 to 9',
    ],
    [
      {
        budgets: [
          { usd: 9, per: 'total' },
          { usd: 10, per: 'day', time_zone: 'Asia/Tokyo' },
        ],
      },
      'limits.budgets[1].usd',
      'from 0 to 9',
    ],
    [
      {
        budgets: [
          { usd: 1, per: 'day' },
          { usd: 2, per: 'day', time_zone: 'utc' },
        ],
      },
      'limits.budgets[1]',
      'repeats',
    ],
  ])('%j are refused', async (limits, param, message) => {
    const expected = { code: 'invalid_value', param, message: expect.stringContaining(message) }
    expect(await refusal(admin.create(named({ limits })))).toEqual(expected)
    const users = { ...expected, param: param.replace('limits', 'per_user') }
    expect(await refusal(admin.create(named({ per_user: limits })))).toEqual(users)
    const { id } = await admin.create({ name: 'x' })
    expect(await refusal(admin.update(id, { limits }))).toEqual(expected)
  })

  it('days of different zones are not compared', async () => {
    const budgets = [
      { usd: 10, per: 'day', time_zone: 'Asia/Tokyo' },
      { usd: 5, per: 'month', time_zone: 'UTC' },
    ]
    expect(await admin.create(named({ limits: { budgets } }))).toMatchObject({ limits: { budgets } })
  })

  it('one user cannot have more than all users together, whichever limit changes', async () => {
    const limits = { requests_per_hour: 10 }
    const expected = { param: 'per_user.requests_per_minute', message: expect.stringContaining('of `limits` is 10') }
    expect(await refusal(admin.create(named({ limits, per_user: { requests_per_minute: 11 } })))).toMatchObject(
      expected,
    )
    const { id } = await admin.create(named({ per_user: { requests_per_minute: 11 } }))
    expect(await refusal(admin.update(id, { limits }))).toMatchObject(expected)
    expect(await admin.update(id, { limits, per_user: null })).toMatchObject({ limits, per_user: null })
  })
})

/** A request of a key for more than its ancestor has. */
interface Excess {
  readonly excess: string
  readonly above: object
  readonly below: object
  readonly param: string
  readonly message: RegExp
}

describe('S35 a key below another', () => {
  const create = (parent: KeyObject, fields: object) => admin.create(named({ parent_id: parent.id, ...fields }))

  it('has a parent, and inherits omitted fields', async () => {
    const team = await admin.create(everything)
    const child = await create(team, {})
    expect(child).toMatchObject({ parent_id: team.id, limits: unlimited, models: null, expires_at: null })
    expect(await opened.keys.store.find(child.id)).toMatchObject({
      key: { rootId: team.id },
      ancestors: [{ id: team.id }],
    })
  })

  it.each<Excess>([
    {
      excess: 'a larger limit',
      above: { limits: { requests_per_hour: 10 } },
      below: { limits: { requests_per_hour: 11 } },
      param: 'limits.requests_per_hour',
      message: /from 1 to 10, because `requests_per_hour` of its ancestor \(key_\w+\) is 10/,
    },
    {
      excess: 'more per minute than its parent per hour',
      above: { limits: { requests_per_hour: 10 } },
      below: { limits: { requests_per_minute: 11 } },
      param: 'limits.requests_per_minute',
      message: /from 1 to 10/,
    },
    {
      excess: 'more streams than its parent has calls',
      above: { limits: { concurrent_calls: 2 } },
      below: { limits: { concurrent_streams: 3 } },
      param: 'limits.concurrent_streams',
      message: /from 1 to 2/,
    },
    {
      excess: 'a larger budget',
      above: { limits: { budgets: [{ usd: 5, per: 'month' }] } },
      below: { limits: { budgets: [{ usd: 5.000000001, per: 'month' }] } },
      param: 'limits.budgets[0].usd',
      message: /from 0 to 5, because/,
    },
    {
      excess: 'more per day than its parent in total',
      above: { limits: { budgets: [{ usd: 5, per: 'total' }] } },
      below: { limits: { budgets: [{ usd: 6, per: 'day', time_zone: 'Asia/Tokyo' }] } },
      param: 'limits.budgets[0].usd',
      message: /from 0 to 5/,
    },
    {
      excess: 'more per call',
      above: { limits: { usd_per_call: 0.1 } },
      below: { limits: { usd_per_call: 0.2 } },
      param: 'limits.usd_per_call',
      message: /from 0 to 0.1/,
    },
    {
      excess: 'other models',
      above: { models: ['gpt-4o*'] },
      below: { models: ['gpt-4o-mini', 'gpt-4*'] },
      param: 'models[1]',
      message: /allows more than `models` of its ancestor/,
    },
    {
      excess: 'other operations',
      above: { operations: ['chat.*'] },
      below: { operations: ['*'] },
      param: 'operations[0]',
      message: /allows more/,
    },
    {
      excess: 'endpoints that are only relayed',
      above: {},
      below: { operations: ['passthrough'] },
      param: 'operations[0]',
      message: /allows more/,
    },
    {
      excess: 'other origins',
      above: { origins: ['https://a.example'] },
      below: { origins: ['https://b.example'] },
      param: 'origins[0]',
      message: /allows more/,
    },
    {
      excess: 'a wider range',
      above: { ip_ranges: ['10.0.0.0/16'] },
      below: { ip_ranges: ['10.0.0.0/8'] },
      param: 'ip_ranges[0]',
      message: /allows more/,
    },
    {
      excess: 'a later expiry',
      above: { expires_at: '2031-01-01T00:00:00Z' },
      below: { expires_at: '2031-01-01T00:00:01Z' },
      param: 'expires_at',
      message: /not be after 2031-01-01T00:00:00.000Z/,
    },
  ])(
    'is refused $excess at creation and at a change, also two levels below',
    async ({ above, below, param, message }) => {
      const root = await admin.create(named(above))
      const team = await create(root, {})
      const expected = { code: 'invalid_value', param, message: expect.stringMatching(message) }
      expect(await refusal(create(root, below))).toEqual(expected)
      expect(await refusal(create(team, below))).toEqual(expected)
      const child = await create(team, {})
      expect(await refusal(admin.update(child.id, below))).toEqual(expected)
      expect((await create(team, above)).parent_id).toBe(team.id)
    },
  )

  it('stays unchanged when its parent is narrowed, and can still change within the new limits', async () => {
    const team = await admin.create(named({ limits: { requests_per_hour: 10 } }))
    const child = await create(team, { limits: { requests_per_hour: 10 } })
    await admin.update(team.id, { limits: { requests_per_hour: 5 } })
    expect(await admin.update(child.id, { name: 'Renamed' })).toMatchObject({ limits: { requests_per_hour: 10 } })
    expect(await refusal(admin.update(child.id, { limits: { requests_per_hour: 6 } }))).toMatchObject({
      param: 'limits.requests_per_hour',
    })
    expect(await admin.update(child.id, { limits: { concurrent_calls: 2 } })).toMatchObject({
      limits: { requests_per_hour: 10, concurrent_calls: 2 },
    })
  })

  it('can have at most seven ancestors', async () => {
    let parent: KeyObject = await admin.create({ name: 'level 1' })
    for (let level = 2; level <= 8; level += 1) parent = await create(parent, { name: `level ${level}` })
    expect(await refusal(create(parent, {}))).toMatchObject({
      param: 'parent_id',
      message: expect.stringContaining('7 ancestors'),
    })
  })

  it('is deleted with its parent', async () => {
    const team = await admin.create({ name: 'Team' })
    const child = await create(team, {})
    expect(await admin.delete(team.id)).toBe(2)
    expect(await refusal(admin.find(child.id))).toMatchObject({ code: 'key_not_found' })
  })
})
