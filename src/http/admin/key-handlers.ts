import { toJsonAnswer } from '../../core/answer.ts'
import type { AdminHandler } from './admin-visit.ts'
import { readAdminBody } from './read-admin-body.ts'
import { readLimit, readQuery } from './read-query.ts'
import { toListAnswer } from './to-list-answer.ts'

export const createKey: AdminHandler = async ({ visit, admin, query }) => {
  readQuery(query, [])
  return toJsonAnswer(201, await admin.keys.create(await readAdminBody(visit)))
}

export const listKeys: AdminHandler = async ({ admin, query }) => {
  const { limit, after, parent_id: parentId } = readQuery(query, ['limit', 'after', 'parent_id'])
  return toListAnswer(await admin.keys.list({ limit: readLimit(limit, 20), after, parentId }))
}

export const retrieveKey: AdminHandler = async ({ admin, query }, id) => {
  readQuery(query, [])
  return toJsonAnswer(200, await admin.keys.find(id))
}

export const updateKey: AdminHandler = async ({ visit, admin, query }, id) => {
  readQuery(query, [])
  return toJsonAnswer(200, await admin.keys.update(id, await readAdminBody(visit)))
}

export const rotateKey: AdminHandler = async ({ visit, admin, query }, id) => {
  readQuery(query, [])
  return toJsonAnswer(200, await admin.keys.rotate(id, await readAdminBody(visit)))
}

export const deleteKey: AdminHandler = async ({ admin, query }, id) => {
  readQuery(query, [])
  const keys = await admin.keys.delete(id)
  return toJsonAnswer(200, { id, object: 'key.deleted', deleted: true, keys })
}

export const retrieveBalance: AdminHandler = async ({ admin, query }, id) => {
  readQuery(query, [])
  return toJsonAnswer(200, await admin.balance(id))
}
