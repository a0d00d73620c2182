import type * as z from 'zod'
import type { Dialect } from '../dialects/dialect.ts'
import type { OperationName } from '../dialects/operations.ts'
import type { PriceSource } from '../metering/price-book.ts'
import type { HeaderRules } from './forward-headers.ts'
import type { OutputLimit, Provider, Timeouts } from './provider.ts'
import type { Retirement } from './retirement.ts'

/** The settings of one provider, checked, with every default filled in. A kind adds those of its own keys. */
export interface ProviderSettings {
  readonly id: string
  readonly kind: string
  readonly apiKey: string | undefined
  /** Ends without a slash; empty where the kind has no upstream. */
  readonly baseUrl: string
  /** Sent with every call to this provider; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Of the headers of callers. */
  readonly forwardHeaders: HeaderRules
  /** Names of models beyond the built-in catalogue. */
  readonly models: readonly string[]
  readonly timeouts: Timeouts
  /** Its own HTTP proxy, or `none`; undefined where that of the server holds. */
  readonly proxy?: string | undefined
  readonly onCallerGone: Provider['onCallerGone']
  /** False where the usage of a stream is not asked for, since the upstream refuses `stream_options`. */
  readonly streamOptions: boolean
  /** Times the prices of the table; 1 where left out. */
  readonly priceMultiplier?: number | undefined
}

/** Keys of the configuration that one kind adds to the common ones: optional, in snake_case, documented. */
export type OwnKeys = Readonly<Record<string, z.ZodType>>

/** An environment variable that sets one key of the provider that is named after its kind. */
export interface ProviderVariable<Key extends string = string> {
  readonly name: string
  readonly key: Key
  /** True where it alone says that the provider is wanted. */
  readonly configures: boolean
  readonly meaning: string
}

/** The address of a kind of upstream. */
export interface BaseUrl {
  /** Left out where each operator has another. */
  readonly default?: string
  /** For messages, where there is no default. */
  readonly example?: string
  /** In words, where the base URL is not simply the one that ends in `/v1`. */
  readonly meaning?: string
  /** Takes off what operators may write and calls must not have. */
  normalize?(url: string): string
}

/** A fact about the cost that an upstream tells in the usage of an answer: that it is the charge. */
export interface ReportedCost {
  readonly field: string
  /** The documentation that says so, and the day on which it was read. */
  readonly source: string
  readonly checkedOn: string
}

/** A fact about endpoints that an upstream charges nothing for. */
export interface FreeOperations {
  readonly names: readonly OperationName[]
  readonly source: string
  readonly checkedOn: string
}

/** A fact about models that search the web for every chat, and whose answers do not tell that they did. */
export interface SearchingModels {
  readonly pattern: RegExp
  readonly source: string
  readonly checkedOn: string
}

/** A fact about `stream_options`, through which streams report their usage. */
export interface StreamOptionsFact {
  readonly areAccepted: boolean
  readonly source: string
  readonly checkedOn: string
}

/** The facts of a kind of provider. Shared code asks one of them and never compares a kind. */
export interface ProviderFacts<Kind extends string, Keys extends OwnKeys> {
  /** Names the kind in the configuration. A provider with this id is of this kind. */
  readonly kind: Kind
  /** For messages: `OpenAI`. A provider's id, unless set. */
  readonly name?: string
  /** For the documentation, where the name does not explain itself; continues "`custom` is". */
  readonly description?: string
  /** Its own keys; empty where the common ones do. */
  readonly configSchema: Keys
  /** The names of the vendor's own clients, where these have one. */
  readonly env: readonly ProviderVariable<'api_key' | 'base_url' | 'models' | (keyof Keys & string)>[]
  /** Left out where calls do not leave this server; such a kind has no key and no headers either. */
  readonly baseUrl?: BaseUrl
  /** The variable that adds the provider or keeps it away. Unset, it stands in on loopback while there is no other provider. */
  readonly standsIn?: { readonly name: string; readonly meaning: string }
  /** True where calls need a key. The configuration does not ask for it where the base URL was moved or callers bring theirs. */
  readonly needsKey: boolean
  /** True where a caller's own key may be sent instead of the stored one (`x-openai-key`). False unless set. */
  readonly acceptsOwnKey?: boolean
  /** All that the upstream speaks; a call in another dialect is refused. */
  readonly dialects: readonly Dialect[]
  /** False where `GET /models` of the upstream lists something else than what can be called. True unless set. */
  readonly reportsModels?: boolean
  /** Models that the vendor has shut down, and those whose day is announced. */
  readonly retired?: readonly Retirement[]
  /** Whose prices hold at a host that is not in the table of hosts; unknown unless set. */
  readonly priceSource?: PriceSource
  /** The cost that answers tell comes before the table's where it is the charge (case C9). Left out where it is not told, or not known to be it. */
  readonly reportedCost?: ReportedCost
  readonly freeOperations?: FreeOperations
  /** The model that the upstream takes where a request names none. */
  readonly defaultModels?: Readonly<Partial<Record<OperationName, string>>>
  /** The model with which it draws for a response that names none. */
  readonly drawingModel?: string
  readonly searchingModels?: SearchingModels
  /** Told to operators in docs/money.md; the contract suite holds the two together. */
  readonly outputLimit: OutputLimit | 'unknown'
  /** The default of `stream_options`. `unknown` counts as accepted until the upstream refuses them (case A9). */
  readonly streamOptions: StreamOptionsFact | 'unknown'
  /**
   * Whether an answer that is not streamed is charged for where its connection was closed before it came: a budget then has to know what it costs.
   * `unknown` counts as `yes`.
   */
  readonly billsAbandoned: 'yes' | 'no' | 'unknown'
  /** The default of `on_caller_gone`: `drain` for an upstream that charges for the whole answer. */
  readonly onCallerGone: Provider['onCallerGone']
}

/** A kind of provider, as the configuration reads it and the platform makes providers of it. */
export interface ProviderKind<Kind extends string = string, Keys extends OwnKeys = OwnKeys>
  extends ProviderFacts<Kind, Keys> {
  /** Adds the settings of the kind's own keys. */
  toSettings(common: ProviderSettings, config: z.output<z.ZodObject<Keys>>): ProviderSettings
  /** The name under which the price table has a model, for the upstream's own name of it. */
  toPricedModel?(model: string, settings: ProviderSettings): string
  /** Takes settings of its own kind only. */
  create(settings: ProviderSettings): Provider
}
