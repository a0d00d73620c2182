import type { ModelCard } from './provider.ts'

/** Cards of models that only have a name: owned by the part before the slash, or by `owner`. */
export function toModelCards(ids: readonly string[], owner: string, created = 0): ModelCard[] {
  return [...new Set(ids)].map((id) => ({
    id,
    created,
    ownedBy: id.includes('/') ? (id.split('/')[0] ?? owner) : owner,
  }))
}
