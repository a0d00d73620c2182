import type { ModelCard, Provider } from './provider.ts'
import type { Replacement } from './retirement.ts'

/** A provider and a model in that provider's own name. */
export interface Target {
  readonly provider: Provider
  readonly model: string | undefined
  /** Set if the request used a name that the provider has shut down. */
  readonly replacement?: Replacement
}

/** Returns the name of a target in the configuration: `provider/model`. */
export function nameOf({ provider, model = '' }: Target): string {
  return `${provider.id}/${model}`
}

/** The configured providers and their known models. */
export interface Registry {
  readonly providers: readonly Provider[]
  readonly defaultProvider: Provider | undefined
  readonly passthrough: Provider | undefined
  find(id: string): Provider | undefined
  /** Returns the provider whose catalogue has exactly this model; the first configured one wins. */
  findModel(model: string): Target | undefined
  /** Returns every known model once, in the order of the providers. */
  listModels(): readonly ModelCard[]
}

/** Ids of the providers for calls that no catalogue decides. */
export interface DefaultProviders {
  readonly defaultProvider: string | undefined
  readonly passthrough: string | undefined
}

/** Indexes the providers once; a call then needs one lookup. */
export function createRegistry(
  providers: readonly Provider[],
  { defaultProvider, passthrough }: DefaultProviders,
): Registry {
  const byId = new Map(providers.map((provider) => [provider.id, provider]))
  const byModel = new Map<string, { readonly target: Target; readonly card: ModelCard }>()
  // A provider without a key must not hide a usable one that has the same model.
  for (const provider of providers.filter(({ unavailableReason }) => unavailableReason === undefined)) {
    for (const card of provider.models) {
      if (!byModel.has(card.id)) byModel.set(card.id, { target: { provider, model: card.id }, card })
    }
  }
  const cards = [...byModel.values()].map(({ card }) => card)
  return {
    providers,
    defaultProvider: defaultProvider === undefined ? undefined : byId.get(defaultProvider),
    passthrough: passthrough === undefined ? undefined : byId.get(passthrough),
    find: (id) => byId.get(id),
    findModel: (model) => byModel.get(model)?.target,
    listModels: () => cards,
  }
}
