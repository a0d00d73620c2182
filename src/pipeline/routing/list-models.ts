import { formatDay } from '../../core/time.ts'
import { type Api, operations } from '../../dialects/operations.ts'
import { findFacts, type ModelFacts } from '../../metering/model-facts.ts'
import type { ModelCard } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import { targetsOf } from '../../routing/routes.ts'
import { findOperation } from '../../translation/find-operation.ts'
import { mayUseModel } from '../access/authorize.ts'
import type { Caller } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { findTarget } from './plan-targets.ts'
import { findReportedCard, reportedCards } from './reported-models.ts'

/** A listed model with its known facts. */
export interface ListedModel extends ModelCard {
  readonly facts: ModelFacts
}

/**
 * Lists the configured models that the caller may use, then the aliases and routes, then the models that providers last
 * reported. An alias or a route may have the name of a model; calls of that name then use the alias or the route. A
 * model is left out if its provider does not serve the client's API, or if it is shut down, unless calls to it are still
 * served.
 */
export function listModels({ key }: Caller, ports: Ports, api: Api = 'openai'): readonly ListedModel[] {
  const { registry, settings, clock } = ports
  const today = formatDay(clock.now())
  const listed: ListedModel[] = []
  const seen = new Set<string>()
  const add = (card: ModelCard, target: Target | undefined) => {
    if (seen.has(card.id)) return
    seen.add(card.id)
    const facts = { ...factsOf(target), ...card.facts }
    if (!serves(target, api) || isGone(facts, target, today, ports) || !mayUseModel(key, card.id, target)) return
    listed.push({ ...card, facts })
  }
  for (const card of registry.listModels()) {
    const target = findTarget(card.id, ports)
    add(completeCard(card, target), target)
  }
  for (const id of Object.keys(settings.models.aliases))
    if (registry.findModel(id) === undefined) add({ id, created: 0, ownedBy: 'weir' }, findTarget(id, ports))
  for (const route of ports.routes.list) {
    const { name, isPublic } = route.settings
    const target = targetsOf(route).find((each) => serves(each, api) && mayUseModel(key, name, each))
    if (isPublic && target !== undefined) add({ id: name, created: 0, ownedBy: 'weir' }, target)
  }
  for (const { card, target } of reportedCards(ports)) add(card, target)
  return listed
}

function serves(target: Target | undefined, api: Api): boolean {
  if (target === undefined) return true
  const { provider } = target
  return Object.values(operations).some(
    (operation) => operation.api === api && findOperation(operation, provider) !== undefined,
  )
}

/** Completes a card without a date, which holds only a name, from the provider's last report. */
function completeCard(card: ModelCard, target: Target | undefined): ModelCard {
  const reported = card.created === 0 && target !== undefined ? findReportedCard(target) : undefined
  // The configured owner stays: OpenAI reports `system` for most models.
  return reported === undefined ? card : { ...reported, id: card.id, ownedBy: card.ownedBy }
}

function factsOf(target: Target | undefined): ModelFacts {
  const { provider, model } = target ?? {}
  if (provider === undefined || model === undefined) return {}
  const found = provider.priceSource === undefined ? undefined : findFacts(provider.priceSource, model)
  const shutdownDate = provider.retirements?.get(model)?.on
  return { ...found, ...(shutdownDate !== undefined && { shutdownDate }) }
}

/** True for a model past its shutdown date. A model that the operator names, or that a successor replaces, stays. */
function isGone(
  { shutdownDate }: ModelFacts,
  target: Target | undefined,
  today: string,
  { settings }: Pick<Ports, 'settings'>,
): boolean {
  if (shutdownDate === undefined || shutdownDate > today || target === undefined) return false
  const { provider, model = '' } = target
  const retirement = provider.retirements?.get(model)
  const isReplaced = retirement !== undefined && (retirement.everywhere === true || settings.models.retired === 'all')
  const isNamed = settings.providers.some(({ id, models }) => id === provider.id && models.includes(model))
  return !isReplaced && !isNamed
}
