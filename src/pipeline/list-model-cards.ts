import type { ModelCard } from '../providers/provider.ts'
import type { Ports } from './ports.ts'

/** Every configured model, then every alias. An alias may have the name of a model, in whose place it is then called. */
export function listModelCards({ registry, settings }: Ports): readonly ModelCard[] {
  const aliases = Object.keys(settings.models.aliases).filter((id) => registry.findModel(id) === undefined)
  return [...registry.listModels(), ...aliases.map((id) => ({ id, created: 0, ownedBy: 'weir' }))]
}
