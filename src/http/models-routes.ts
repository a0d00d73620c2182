import { type Answer, toJsonAnswer } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { authenticate } from '../pipeline/authenticate.ts'
import { listModelCards } from '../pipeline/list-model-cards.ts'
import type { Ports } from '../pipeline/ports.ts'
import type { ModelCard } from '../providers/provider.ts'
import type { Inbound } from './inbound.ts'
import { readCredentials } from './read-credentials.ts'

/** `GET /v1/models`: every configured model and alias that the caller may use. Source: https://platform.openai.com/docs/api-reference/models/list */
export async function listModels(inbound: Inbound, ports: Ports): Promise<Answer> {
  const caller = await authenticate(readCredentials(inbound, ports.settings), ports)
  return toJsonAnswer(200, { object: 'list', data: listModelCards(caller, ports).map(toModel) })
}

/** `GET /v1/models/{id}`; the id may hold slashes, raw or as `%2F`. */
export async function retrieveModel(inbound: Inbound, encodedId: string, ports: Ports): Promise<Answer> {
  const caller = await authenticate(readCredentials(inbound, ports.settings), ports)
  const id = decodeId(encodedId)
  const cards = listModelCards(caller, ports)
  const card = cards.find((candidate) => candidate.id === id)
  if (card !== undefined) return toJsonAnswer(200, toModel(card))
  const names = nearest(
    id,
    cards.map((candidate) => candidate.id),
  ).map((name) => `\`${name}\``)
  const hint = names.length > 0 ? ` Did you mean ${names.join(' or ')}?` : ''
  throw new GatewayError('model_not_found', `The model \`${id.slice(0, 100)}\` is not listed here.${hint}`, {
    param: 'model',
  })
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
