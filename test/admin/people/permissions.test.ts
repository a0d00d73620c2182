import { expect, test } from 'vitest'
import { mayManage, reachOf } from '../../../src/admin/permissions.ts'
import { routes } from '../../../src/http/routes.ts'
import { roles } from '../../../src/storage/people-store.ts'

test('S39 S76 every route of the admin API names a permission, and without a known one nobody may use it', () => {
  const guarded = routes.flatMap((route) => (route.auth === 'admin' ? [route] : []))
  for (const { id, permission } of guarded) expect(reachOf(permission, 'owner'), id).toBe('all')
  for (const unknown of ['', 'nothing', 'constructor', 'toString', undefined])
    for (const role of roles) expect(reachOf(unknown as 'read', role)).toBeUndefined()
  for (const path of routes.filter(({ path }) => path.startsWith('/admin/')))
    expect(['admin', 'login'], path.id).toContain(path.auth)
  expect(routes.filter(({ auth }) => auth === 'login').map(({ path }) => path)).toEqual([
    '/admin/v1/login',
    '/admin/v1/login/callback',
  ])
})

test('S99 only an owner manages owners and admins, and viewers and members manage no person', () => {
  const pairs = roles.flatMap((actor) =>
    roles.filter((role) => mayManage(actor, role)).map((role) => `${actor} ${role}`),
  )
  expect(pairs).toEqual([
    ...['owner owner', 'owner admin', 'owner viewer', 'owner member'],
    ...['admin viewer', 'admin member'],
  ])
})
