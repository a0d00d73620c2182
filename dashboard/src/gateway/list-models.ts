import { callGateway, type Gateway } from './call-gateway.ts'
import { readList, readString } from './json.ts'
import { type NotKept, readNotKept } from './read-not-kept.ts'
import { RequestFailure } from './request-failure.ts'

export interface Model {
  readonly id: string
  readonly owner: string
}

/** The models that the caller may use, and the data that the server does not store. */
export interface Models {
  readonly models: readonly Model[]
  readonly notKept: NotKept | undefined
}

export async function listModels(gateway: Gateway, signal: AbortSignal): Promise<Models> {
  const response = await callGateway(gateway, '/models', { signal })
  const list: unknown = await response.json().catch(() => {
    throw new RequestFailure('unreadable')
  })
  const models = readList(list, 'data').flatMap((card) => {
    const id = readString(card, 'id')
    return id === undefined ? [] : [{ id, owner: readString(card, 'owned_by') ?? '' }]
  })
  return { models, notKept: readNotKept(response.headers.get('x-weir-not-kept')) }
}
