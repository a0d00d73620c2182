import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { defaults } from '../../src/config/defaults.ts'
import { projectRoot } from '../architecture/source-files.ts'
import { adminRoutes } from '../support/admin-routes.ts'
import { startStoredNodeGateway } from '../support/start-stored-node-gateway.ts'
import { adminToken } from './open-admin.ts'

const text = readFileSync(join(projectRoot, 'docs/admin.md'), 'utf8')
const examples = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, example = '']) => example)

test('the examples of docs/admin.md work', async () => {
  const gateway = await startStoredNodeGateway({ env: { ADMIN_TOKEN: adminToken } })
  const run = async (example: string | undefined, keyId = '') => {
    const env = {
      PATH: process.env.PATH,
      WEIR_URL: gateway.url,
      ADMIN_TOKEN: adminToken,
      KEY_ID: keyId,
      RECORD_ID: 'gen_0',
    }
    const { stdout } = await promisify(execFile)('sh', ['-ec', example ?? 'false'], { env, timeout: 15_000 })
    return stdout
  }
  try {
    const [create, change, rotate, balance, usage, correct, ...rest] = examples
    const [person, link, revoke, exportUser, erase, ...others] = rest
    expect(others).toEqual([])
    const made = JSON.parse(await run(create))
    expect(made).toMatchObject({ name: 'team', secret: expect.stringMatching(/^sk-weir-/) })
    const changed = JSON.parse(await run(change, made.id))
    const limits = { ...made.limits, requests_per_minute: 120 }
    expect(changed).toMatchObject({ expires_at: '2030-01-31T00:00:00.000Z', models: null, limits })
    expect(JSON.parse(await run(rotate, made.id)).secrets).toHaveLength(2)
    expect(JSON.parse(await run(balance, made.id))).toMatchObject({ object: 'balance', spent_usd: '0' })
    expect(await run(usage)).toMatch(/^day,model,calls,/)
    expect(JSON.parse(await run(person))).toMatchObject({ object: 'person', name: 'Ann', role: 'owner' })
    expect(JSON.parse(await run(link))).toMatchObject({ object: 'link', url: expect.stringContaining('/claim#') })
    // No record exists.
    expect(JSON.parse(await run(correct))).toMatchObject({ code: 'record_not_found' })
    expect(JSON.parse(await run(revoke, made.id))).toMatchObject({ object: 'revocation', key_id: made.id })
    expect(JSON.parse(await run(exportUser, made.id))).toMatchObject({ key_id: made.id, end_user: 'u_42', records: [] })
    expect(JSON.parse(await run(erase, made.id))).toMatchObject({ key_id: made.id, dry_run: true, records: 0 })
  } finally {
    await gateway.close()
  }
})

test('docs/admin.md names every route and the current limits', () => {
  for (const { path } of adminRoutes) expect(text).toContain(path.replace('/admin/v1', ''))
  const { freeTries, firstWaitMs, maxWaitMs, failuresPerMinute, auditedPerHour } = defaults.admin
  expect([freeTries, firstWaitMs, maxWaitMs, failuresPerMinute, auditedPerHour]).toEqual([5, 1e3, 3e5, 100, 100])
  const { sessionMs, sessionIdleMs, loginMs, issuerKeysMs, issuerRetryMs, clockSkewSeconds } = defaults.admin
  expect([sessionMs, sessionIdleMs, loginMs, issuerKeysMs]).toEqual([12 * 36e5, 36e5, 6e5, 36e5])
  expect([issuerRetryMs, clockSkewSeconds]).toEqual([6e4, 30])
  expect([defaults.admin.linkSeconds, defaults.admin.maxLinkSeconds]).toEqual([86_400, 604_800])
})
