import { expect, test } from 'vitest'
import type { Role } from '../../../src/storage/people-store.ts'
import { adminRoutes } from '../../support/admin-routes.ts'
import { ask } from '../../support/ask.ts'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { chatRequest } from '../../support/fixtures.ts'
import { expectProblem } from '../open-admin.ts'
import { openPeople } from './open-people.ts'

const own = 'GET POST DELETE /session'
const keysOfMembers = ['GET /keys', 'GET /keys/{id}', 'POST /keys/{id}/rotate', 'GET /keys/{id}/balance', 'GET /usage']
const session = own
  .split(' ')
  .slice(0, -1)
  .map((method) => `${method} /session`)

/** The routes that each role may use. The login routes need no role. */
const allowed: Readonly<Record<Role, (route: string) => boolean>> = {
  owner: () => true,
  admin: () => true,
  viewer: (route) => route.startsWith('GET ') || session.includes(route),
  member: (route) => session.includes(route) || keysOfMembers.includes(route),
}

describeOnBothStored('roles', (start, { startUpstream }) => {
  const open = () => openPeople({ start, startUpstream })

  test.each(['owner', 'admin', 'viewer', 'member'] as const)(
    'S76 opens for a person with the role %s exactly the routes of this role',
    async (role) => {
      const { call, enter, signIn, addPerson } = await open()
      await addPerson('owner')
      const { id } = await enter(role)
      for (const { method, path } of adminRoutes) {
        const route = `${method} ${path.replace('/admin/v1', '')}`
        // A sign-out ends the session of the next request.
        const as = await signIn(id)
        const body = method === 'POST' || method === 'PATCH' ? {} : undefined
        const response = await call(route.replace('{id}', 'key_0'), body, as)
        const isLogin = path.includes('/login')
        const isDenied = response.status === 403
        expect([route, isDenied], response.text).toEqual([route, !isLogin && !allowed[role](route)])
        if (isDenied) expectProblem(response, 'permission_denied', undefined, `^Your role is ${role}`)
      }
    },
  )

  test('an admin manages everyone except owners and admins', async () => {
    const { call, enter, addPerson } = await open()
    const [owner, peer] = [await addPerson('owner'), await addPerson('admin')]
    const { id: self, as } = await enter('admin')
    for (const role of ['owner', 'admin'])
      expectProblem(await call('POST /people', { name: 'x', role }, as), 'permission_denied')
    for (const id of [owner, peer, self]) {
      expectProblem(await call(`PATCH /people/${id}`, { name: 'x' }, as), 'permission_denied')
      expectProblem(await call(`DELETE /people/${id}`, undefined, as), 'permission_denied')
    }
    const created = await call('POST /people', { name: 'x', role: 'viewer' }, as)
    expect(created.status).toBe(201)
    const path = `/people/${created.body.id}`
    expect((await call(`PATCH ${path}`, { role: 'member' }, as)).status).toBe(200)
    for (const role of ['owner', 'admin']) expectProblem(await call(`PATCH ${path}`, { role }, as), 'permission_denied')
    expect((await call(`DELETE ${path}`, undefined, as)).status).toBe(200)
    expect((await call(`GET /people/${self}`)).body).toMatchObject({
      role: 'admin',
      name: expect.stringMatching(/^admin/),
    })
  })

  test('S99 no person raises its own role', async () => {
    const { call, enter } = await open()
    await enter('owner')
    for (const role of ['admin', 'viewer', 'member'] as const) {
      const { id, as } = await enter(role)
      for (const change of [{ role: 'owner' }, { role, disabled: false }, { account: { issuer: 'x', subject: 'y' } }])
        expectProblem(await call(`PATCH /people/${id}`, change, as), 'permission_denied')
      expect((await call(`GET /people/${id}`)).body).toMatchObject({ role, account: null })
    }
  })

  test('S99 the last owner stays, for the admin secret too', async () => {
    const { call, enter } = await open()
    const { id, as } = await enter('owner')
    for (const change of [{ role: 'admin' }, { disabled: true }]) {
      expectProblem(await call(`PATCH /people/${id}`, change, as), 'last_owner')
      expectProblem(await call(`PATCH /people/${id}`, change), 'last_owner')
    }
    expectProblem(await call(`DELETE /people/${id}`, undefined, as), 'last_owner')
    const other = await enter('owner')
    expect((await call(`DELETE /people/${id}`, undefined, as)).status).toBe(200)
    expectProblem(await call('GET /keys', undefined, as), 'invalid_session')
    expect((await call('GET /keys', undefined, other.as)).status).toBe(200)
  })

  test('S36 refuses fields that a request cannot set', async () => {
    const { call, addPerson } = await open()
    const id = await addPerson('viewer')
    for (const field of [
      'id',
      'object',
      'created_at',
      'updated_at',
      'revision',
      'issuer',
      'subject',
      'is_disabled',
      'isDisabled',
    ]) {
      expectProblem(await call('POST /people', { name: 'x', role: 'viewer', [field]: 'x' }), 'invalid_value', field)
      expectProblem(await call(`PATCH /people/${id}`, { [field]: 'x' }), 'invalid_value', field)
    }
    for (const role of ['Owner', 'root', '', null, ['owner']])
      expectProblem(await call('POST /people', { name: 'x', role }), 'invalid_value', 'role')
    expectProblem(await call('POST /people', { name: 'x' }), 'missing_required_parameter', 'role')
    expectProblem(await call('POST /people', { role: 'viewer' }), 'missing_required_parameter', 'name')
    expectProblem(await call('POST /session', { role: 'owner' }), 'invalid_value', 'role')
  })

  test('creates, lists, changes and deletes people', async () => {
    const { call } = await open()
    const created = await call('POST /people', { email: 'Ann@Example.com', role: 'owner' })
    const { id } = created.body
    const ann = {
      id: expect.stringMatching(/^person_[0-9a-f]{28}$/),
      object: 'person',
      ...{ name: 'Ann@Example.com', email: 'ann@example.com', role: 'owner', disabled: false, account: null },
      created_at: expect.any(String),
      updated_at: expect.any(String),
    }
    expect(created.body).toEqual(ann)
    const twin = await call('POST /people', { email: 'ANN@example.com', role: 'viewer' })
    expectProblem(twin, 'invalid_value', 'email')
    // The Kelvin sign, whose lower case is `k`.
    expectProblem(
      await call('POST /people', { email: '\u212Aim@example.com', role: 'viewer' }),
      'invalid_value',
      'email',
    )
    const account = { issuer: 'https://id.example', subject: 'ann' }
    const changed = await call(`PATCH /people/${id}`, { name: 'Ann', account, email: null })
    expect(changed.body).toEqual({ ...ann, name: 'Ann', email: null, account })
    expectProblem(
      await call(`PATCH /people/${id}`, { account: { subject: 'ann' } }),
      'missing_required_parameter',
      'account.issuer',
    )
    expect((await call('GET /people')).body).toEqual({
      object: 'list',
      data: [changed.body],
      has_more: false,
      next: null,
    })
    expect((await call(`GET /people/${id}`)).body).toEqual(changed.body)
    await call('POST /people', { name: 'Bob', role: 'owner' })
    expect((await call(`DELETE /people/${id}`)).body).toEqual({ id, object: 'person.deleted', deleted: true })
    for (const endpoint of [`GET /people/${id}`, `PATCH /people/${id}`, `DELETE /people/${id}`])
      expectProblem(await call(endpoint), 'person_not_found')
  })

  test('S31 a member sees and rotates its own keys, and no other', async () => {
    const { gateway, call, create, enter } = await open()
    await enter('owner')
    const ann = await enter('member')
    const bob = await enter('member')
    const [mine, others, none] = [
      await create({ person_id: ann.id }),
      await create({ person_id: bob.id }),
      await create(),
    ]
    await create({ parent_id: mine.id, person_id: bob.id })
    const body = { ...chatRequest, max_tokens: 5 }
    for (const { secret } of [mine, others])
      await ask(gateway, {
        target: '/v1/chat/completions',
        body,
        token: false,
        headers: { authorization: `Bearer ${secret}` },
      })
    await gateway.flushLedger()
    const asAnn = (endpoint: string, sent?: unknown) => call(endpoint, sent, ann.as)
    for (const query of ['', `?person_id=${bob.id}`])
      expect((await asAnn(`GET /keys${query}`)).body.data).toEqual([expect.objectContaining({ id: mine.id })])
    expect((await asAnn(`GET /keys?parent_id=${mine.id}`)).body.data).toEqual([])
    expect((await call(`GET /keys?person_id=${bob.id}`)).body.data).toHaveLength(2)
    for (const id of [others.id, none.id, 'key_0']) {
      const unknown = await asAnn(`GET /keys/${id}`)
      expectProblem(unknown, 'key_not_found')
      for (const endpoint of [`POST /keys/${id}/rotate`, `GET /keys/${id}/balance`, `GET /usage?key_id=${id}`])
        expectProblem(await asAnn(endpoint), 'key_not_found')
    }
    expectProblem(await asAnn('GET /usage'), 'missing_required_parameter', 'key_id')
    expectProblem(await asAnn(`GET /usage?key_id=${mine.id}&descendants=true`), 'permission_denied')
    expect(JSON.parse((await asAnn(`GET /usage?key_id=${mine.id}`)).text)).toEqual([
      expect.objectContaining({ calls: 1 }),
    ])
    expect((await asAnn(`GET /keys/${mine.id}/balance`)).body).toMatchObject({ key_id: mine.id })
    // S36: neither a chosen secret nor any field of the key.
    expectProblem(await asAnn(`POST /keys/${mine.id}/rotate`, { secret: 'chosen-by-the-member' }), 'permission_denied')
    for (const change of [{ person_id: null }, { limits: null }, { name: 'x' }])
      expectProblem(await asAnn(`PATCH /keys/${mine.id}`, change), 'permission_denied')
    const rotated = await asAnn(`POST /keys/${mine.id}/rotate`, { overlap_seconds: 0 })
    expect(rotated.body.secret).toMatch(/^sk-weir-/)
    await call(`PATCH /keys/${mine.id}`, { person_id: bob.id })
    expectProblem(await asAnn(`GET /keys/${mine.id}`), 'key_not_found')
    expectProblem(await call('POST /keys', { name: 'x', person_id: 'person_0' }), 'invalid_value', 'person_id')
    expectProblem(await call(`PATCH /keys/${mine.id}`, { person_id: 'person_0' }), 'invalid_value', 'person_id')
    await call(`DELETE /people/${bob.id}`)
    expect((await call(`GET /keys/${mine.id}`)).body.person_id).toBe(null)
  })
})
