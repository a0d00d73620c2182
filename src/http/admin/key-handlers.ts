import { toJsonAnswer } from '../../core/answer.ts'
import { after, limit, text } from '../query.ts'
import { toListAnswer } from '../to-list-answer.ts'
import { endpoint } from './admin-endpoint.ts'
import { readAdminBody } from './read-admin-body.ts'

export const listKeys = endpoint(
  { limit: limit(20, 100), after, parent_id: text('Only the children of this key.') },
  async ({ admin, query: { parent_id: parentId, ...page } }) =>
    toListAnswer(await admin.keys.list({ ...page, parentId })),
)

export const createKey = endpoint({}, async ({ admin, request }) =>
  toJsonAnswer(201, await admin.keys.create(await readAdminBody(request))),
)

export const retrieveKey = endpoint({}, async ({ admin, request: { id } }) =>
  toJsonAnswer(200, await admin.keys.find(id)),
)

export const updateKey = endpoint({}, async ({ admin, request }) =>
  toJsonAnswer(200, await admin.keys.update(request.id, await readAdminBody(request))),
)

export const rotateKey = endpoint({}, async ({ admin, request }) =>
  toJsonAnswer(200, await admin.keys.rotate(request.id, await readAdminBody(request))),
)

export const deleteKey = endpoint({}, async ({ admin, request: { id } }) => {
  const keys = await admin.keys.delete(id)
  return toJsonAnswer(200, { id, object: 'key.deleted', deleted: true, keys })
})

export const retrieveBalance = endpoint({}, async ({ admin, request: { id } }) =>
  toJsonAnswer(200, await admin.balance(id)),
)
