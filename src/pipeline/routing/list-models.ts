import type { ModelCard } from '../../providers/provider.ts'
import { mayUseModel } from '../access/authorize.ts'
import type { Caller } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { findTarget } from './plan-targets.ts'

/**
 * Every configured model that the caller may use, then every such alias. An alias may have the name of a model, in whose place it is then
 * called.
 */
export function listModelCards({ key }: Caller, ports: Ports): readonly ModelCard[] {
  const { registry, settings } = ports
  const aliases = Object.keys(settings.models.aliases).filter((id) => registry.findModel(id) === undefined)
  const cards = [...registry.listModels(), ...aliases.map((id) => ({ id, created: 0, ownedBy: 'weir' }))]
  return key === undefined ? cards : cards.filter(({ id }) => mayUseModel(key, id, findTarget(id, ports)))
}
