import { type Answer, toJsonAnswer } from '../../core/answer.ts'
import { didYouMean } from '../../core/did-you-mean.ts'
import { GatewayError } from '../../core/errors.ts'
import { listModelCards } from '../../pipeline/routing/list-models.ts'
import type { ModelCard } from '../../providers/provider.ts'
import type { CallerRequest } from '../route.ts'

/** `GET /v1/models`: every configured model and alias that the caller may use. Source: https://platform.openai.com/docs/api-reference/models/list */
export function listModels({ caller, ports }: CallerRequest): Answer {
  return toJsonAnswer(200, { object: 'list', data: listModelCards(caller, ports).map(toModel) })
}

/** `GET /v1/models/{model}`; the id may hold slashes, raw or as `%2F`. */
export function retrieveModel({ caller, id: encodedId, ports }: CallerRequest): Answer {
  const id = decodeId(encodedId)
  const cards = listModelCards(caller, ports)
  const card = cards.find((candidate) => candidate.id === id)
  if (card !== undefined) return toJsonAnswer(200, toModel(card))
  const ids = cards.map((candidate) => candidate.id)
  const hint = didYouMean(id, ids, { limit: 3 })
  throw new GatewayError(
    'model_not_found',
    `The model \`${id.slice(0, 100)}\` is not listed here.${hint === undefined ? '' : ` ${hint}`}`,
    { param: 'model' },
  )
}

function toModel({ id, created, ownedBy }: ModelCard) {
  return { id, object: 'model', created, owned_by: ownedBy }
}

function decodeId(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (cause) {
    throw new GatewayError('bad_request', 'The model’s name in the path is not valid percent-encoding.', { cause })
  }
}
