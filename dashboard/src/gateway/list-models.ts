import { callForJson, type Gateway } from './call-gateway.ts'
import { readList, readString } from './json.ts'

export interface Model {
  readonly id: string
  readonly owner: string
}

export async function listModels(gateway: Gateway, signal: AbortSignal): Promise<readonly Model[]> {
  const list = await callForJson(gateway, '/models', { signal })
  return readList(list, 'data').flatMap((card) => {
    const id = readString(card, 'id')
    return id === undefined ? [] : [{ id, owner: readString(card, 'owned_by') ?? '' }]
  })
}
