import { describe, expect, it } from 'vitest'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import { startStoredWorkerGateway } from '../support/start-stored-worker-gateway.ts'
import { chat, openKeys } from './open-keys.ts'

describeOnBothStored('usage records', (start, { startUpstream }) => {
  it('assign each of 200 interleaved calls to its key (S70)', async () => {
    const { gateway, create, call } = await openKeys({ start, startUpstream })
    const keys = await Promise.all(Array.from({ length: 20 }, () => create()))
    const calls = keys.flatMap((key) =>
      Array.from({ length: 10 }, (_, index) => ({ key, canary: `${key.id}-${index}` })),
    )
    const responses = await Promise.all(
      calls.map(({ key, canary }) => call(key, { ...chat, body: { ...Object(chat.body), user: canary } })),
    )
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    await gateway.flushLedger()
    const records = await gateway.sql('SELECT id, key_id, end_user, outcome FROM call_records')
    const expected = calls.map(({ key, canary }, index) => ({
      id: responses[index]?.header('x-generation-id'),
      ...{ key_id: key.id, end_user: canary, outcome: 'ok' },
    }))
    const byId = new Map(records.map((record) => [record.id, record]))
    expect(expected.map(({ id }) => byId.get(id))).toEqual(expected)
    expect(records).toHaveLength(200)
  })
})

describe('usage records of a Worker', () => {
  it('are rolled up every hour, and deleted after their retention', async () => {
    const env = { TOKEN: gatewayToken, DEMO: 'true' }
    const gateway = await startStoredWorkerGateway({ env, config: { metering: { retention_days: 7 } } })
    try {
      const now = Date.now()
      for (const [id, age] of [
        ['old', 9],
        ['newer', 5],
        ['newest', 0],
      ] as const) {
        await gateway.sql(
          `INSERT INTO call_records (id, request_id, attempt, key_id, end_user, operation, provider, model, is_stream, outcome, status,
            cost_nano, cost_source, reserved_nano, opened_at, settled_at, duration_ms)
            VALUES (?, 'req_1', 1, 'token', '', 'chat.completions', 'demo', 'demo', 0, 'ok', 200, 5, 'usage', 0, ?, ?, 1)`,
          ...([id, now - age * 86_400_000, now - age * 86_400_000] as const),
        )
      }
      await gateway.sweep()
      expect(await gateway.sql('SELECT id FROM call_records ORDER BY seq')).toEqual([{ id: 'newer' }, { id: 'newest' }])
      expect(await gateway.sql('SELECT SUM(calls) AS calls, SUM(cost_nano) AS cost FROM usage_days')).toEqual([
        { calls: 3, cost: 15 },
      ])
    } finally {
      await gateway.close()
    }
  })
})
