import { formatDay } from '../../core/time.ts'
import { findFacts, type ModelFacts } from '../../metering/model-facts.ts'
import type { ModelCard } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import { mayUseModel } from '../access/authorize.ts'
import type { Caller } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { findTarget } from './plan-targets.ts'
import { findReportedCard, reportedCards } from './reported-models.ts'

/** A model of the list, with what is known of it. */
export interface ListedModel extends ModelCard {
  readonly facts: ModelFacts
}

/**
 * Every configured model that the caller may use, then every such alias, then what providers reported themselves when they were last asked. An
 * alias may have the name of a model, in whose place it is then called. A model that is shut down is left out, unless calls of it are answered.
 */
export function listModels({ key }: Caller, ports: Ports): readonly ListedModel[] {
  const { registry, settings, clock } = ports
  const today = formatDay(clock.now())
  const listed: ListedModel[] = []
  const seen = new Set<string>()
  const add = (card: ModelCard, target: Target | undefined) => {
    if (seen.has(card.id)) return
    seen.add(card.id)
    const facts = { ...factsOf(target), ...card.facts }
    if (isGone(facts, target, today, ports) || !mayUseModel(key, card.id, target)) return
    listed.push({ ...card, facts })
  }
  for (const card of registry.listModels()) {
    const target = findTarget(card.id, ports)
    add(completeCard(card, target), target)
  }
  for (const id of Object.keys(settings.models.aliases))
    if (registry.findModel(id) === undefined) add({ id, created: 0, ownedBy: 'weir' }, findTarget(id, ports))
  for (const { card, target } of reportedCards(ports)) add(card, target)
  return listed
}

/** A card without a date holds a name alone: the rest is what its provider told of the model, where it was asked. */
function completeCard(card: ModelCard, target: Target | undefined): ModelCard {
  const reported = card.created === 0 && target !== undefined ? findReportedCard(target) : undefined
  // Its owner stays: OpenAI says `system` of most.
  return reported === undefined ? card : { ...reported, id: card.id, ownedBy: card.ownedBy }
}

function factsOf(target: Target | undefined): ModelFacts {
  const { provider, model } = target ?? {}
  if (provider === undefined || model === undefined) return {}
  const found = provider.priceSource === undefined ? undefined : findFacts(provider.priceSource, model)
  const shutdownDate = provider.retirements?.get(model)?.on
  return { ...found, ...(shutdownDate !== undefined && { shutdownDate }) }
}

/** What the operator names is there, whatever a data set says; so is a name that gives way to its successor on every route. */
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
