import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { expectProblem, openAdmin } from './open-admin.ts'

describeOnBothStored('a revocation by an administrator', (start, { startUpstream }) => {
  const open = () =>
    openAdmin(
      { start, startUpstream },
      { env: { CLIENT_TOKEN_SECRETS: 'a-secret-that-signs-the-tokens-of-the-tests' } },
    )

  test('S20 for a key that does not exist is refused, because it would stop nobody', async () => {
    const { call, create } = await open()
    const { id } = await create()
    for (const name of ['login:typo', 'visitor', 'tokens', 'local', ''])
      expectProblem(await call('POST /revocations', { key_id: name, end_user: 'ada' }), 'invalid_value', 'key_id')
    expectProblem(await call('POST /revocations', { key_id: id, id: '' }), 'invalid_value', 'id')
    expectProblem(await call('POST /revocations', { key_id: id, issued_before: '' }), 'invalid_value', 'issued_before')
    expectProblem(await call('POST /revocations', { key_id: `${id}0` }), 'key_not_found')
    for (const name of [id, 'token', 'visitors'])
      expect((await call('POST /revocations', { key_id: name, end_user: 'ada' })).status).toBe(200)
  })

  test('S20 for a key ends the tokens of the keys below it, and no others', async () => {
    const { call, create, gateway } = await open()
    const root = await create()
    const [child, other] = [await create({ parent_id: root.id }), await create()]
    const mint = async ({ secret }: { readonly secret: string | null }) => {
      const headers = { authorization: `Bearer ${secret}` }
      const { text } = await ask(gateway, { target: '/v1/client_tokens', body: {}, token: false, headers })
      return (JSON.parse(text) as { value: string }).value
    }
    const statusOf = async (value: string) => {
      const headers = { authorization: `Bearer ${value}` }
      return (await ask(gateway, { method: 'GET', target: '/v1/sessions', token: false, headers })).status
    }
    const tokens = [await mint(root), await mint(child), await mint(other)]
    expect(await Promise.all(tokens.map(statusOf))).toEqual([200, 200, 200])
    expect((await call('POST /revocations', { key_id: root.id })).status).toBe(200)
    expect(await Promise.all(tokens.map(statusOf))).toEqual([401, 401, 200])
    expect(await statusOf(await mint(child))).toBe(200)
  })
})
