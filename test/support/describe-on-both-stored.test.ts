import { expect, it } from 'vitest'
import { describeOnBothStored } from './describe-on-both.ts'
import { bearer, toOpenAIEnv } from './gateway.ts'

describeOnBothStored('a gateway with storage', (start, { startUpstream }) => {
  it('starts with the schema and no rows', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    expect(await gateway.sql('SELECT id FROM sessions')).toEqual([])
    const response = await fetch(`${gateway.url}/v1/models`, { headers: bearer })
    expect(response.status).toBe(200)
    expect(await gateway.findLog()).toMatchObject({ route: 'models', status: 200 })
  })

  it('keeps its rows after a sweep', async () => {
    const gateway = await start()
    await gateway.sql("INSERT INTO sessions (owner, id, created_at, updated_at) VALUES ('ada', 's1', 1, 1)")
    await gateway.sweep()
    expect(await gateway.sql('SELECT id FROM sessions WHERE owner = ?', 'ada')).toEqual([{ id: 's1' }])
  })
})
