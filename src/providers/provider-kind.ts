import type * as z from 'zod'
import type { Dialect } from '../dialects/dialect.ts'
import type { OperationName } from '../dialects/operations.ts'
import type { PriceSource } from '../metering/price-book.ts'
import type { CredentialHeader, HeaderRules } from './forward-headers.ts'
import type { OutputLimit, Provider, Timeouts } from './provider.ts'
import type { Retirement } from './retirement.ts'

/** The settings of one provider, validated, with every default filled in. A kind adds those of its own keys. */
export interface ProviderSettings {
  readonly id: string
  readonly kind: string
  readonly apiKey: string | undefined
  /** True if each caller's own credential is sent in place of a stored key. False if unset. */
  readonly passesCallerCredentials?: boolean
  /** Without a slash at the end; empty if the kind has no upstream. */
  readonly baseUrl: string
  /** Sent with every call to this provider; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Rules for the headers of callers. */
  readonly forwardHeaders: HeaderRules
  /** Names of models beyond the built-in catalogue. */
  readonly models: readonly string[]
  readonly timeouts: Timeouts
  /** URL of the provider's own HTTP proxy, or `none`; undefined uses the server's proxy. */
  readonly proxy?: string | undefined
  readonly onCallerGone: Provider['onCallerGone']
  /** False if Weir must not request the usage of streams, because the upstream refuses `stream_options`. */
  readonly streamOptions: boolean
  /** Factor on the prices of the table; 1 if unset. */
  readonly priceMultiplier?: number | undefined
}

/** Configuration keys that one kind adds to the common ones: optional, in snake_case, documented. */
export type OwnKeys = Readonly<Record<string, z.ZodType>>

/** An environment variable that sets one key of the provider that is named after its kind. */
export interface ProviderVariable<Key extends string = string> {
  readonly name: string
  readonly key: Key
  /** True if this variable alone adds the provider. */
  readonly configures: boolean
  readonly meaning: string
  /** Converts the vendor's form of the value to that of the key. Unset if they are equal. */
  toValue?(value: string): string
}

/** The address of a kind of upstream. */
export interface BaseUrl {
  /** Unset if each operator has a different one. */
  readonly default?: string
  /** For messages, if the kind has no default. */
  readonly example?: string
  /** In words, if the base URL is not simply the one that ends in `/v1`. */
  readonly meaning?: string
  /** Removes a suffix that operators may write and calls must not have. */
  normalize?(url: string): string
}

/** A fact: the upstream reports its charge in this field of the response's usage. */
export interface ReportedCost {
  readonly field: string
  /** The documentation of the fact, and the day on which it was read. */
  readonly source: string
  readonly checkedOn: string
}

/** A fact: the upstream chooses among providers and models as its caller's fields say. */
export interface RouterFact {
  readonly source: string
  readonly checkedOn: string
}

/** A fact: the upstream charges nothing for these endpoints. */
export interface FreeOperations {
  readonly names: readonly OperationName[]
  readonly source: string
  readonly checkedOn: string
}

/** A fact: these models search the web for every chat, and their responses do not report it. */
export interface SearchingModels {
  readonly pattern: RegExp
  readonly source: string
  readonly checkedOn: string
}

/** A fact about `stream_options`, with which streams report their usage. */
export interface StreamOptionsFact {
  readonly areAccepted: boolean
  readonly source: string
  readonly checkedOn: string
}

/** The facts of a provider kind. Shared code reads a fact and never compares a kind. */
export interface ProviderFacts<Kind extends string, Keys extends OwnKeys> {
  /** Name of the kind in the configuration. A provider with this id is of this kind. */
  readonly kind: Kind
  /** Name for messages, such as `OpenAI`; the provider's id if unset. */
  readonly name?: string
  /** For the documentation, if the name is not self-explanatory; continues "`custom` is". */
  readonly description?: string
  /** The kind's own keys; empty if the common keys suffice. */
  readonly configSchema: Keys
  /**
   * Environment variables, named as in the vendor's own clients if possible. Of the base URLs, clients read those of
   * OpenAI, Anthropic and Groq, and `GOOGLE_GEMINI_BASE_URL`; the names of the others are Weir's. Sources, read on
   * 2026-11-30: openai 7.57.0, @anthropic-ai/sdk 1.14.0, @google/genai 3.3.0, https://github.com/groq/groq-typescript.
   */
  readonly env: readonly ProviderVariable<'api_key' | 'base_url' | 'models' | (keyof Keys & string)>[]
  /** Unset if calls do not leave this server; such a kind has no key and no headers either. */
  readonly baseUrl?: BaseUrl
  /**
   * The variable that adds or disables the provider. If the variable is unset, Weir adds the provider on loopback while
   * no other exists.
   */
  readonly enableVariable?: { readonly name: string; readonly meaning: string }
  /**
   * True if calls need a key. The configuration does not require it if the base URL was changed or callers send their
   * own.
   */
  readonly needsKey: boolean
  /** True if a caller's own key may be sent instead of the stored one (`x-openai-key`). False if unset. */
  readonly acceptsOwnKey?: boolean
  /** The headers in which the upstream takes a credential; `Authorization` alone if unset. docs/own-plan.md lists them. */
  readonly credentialHeaders?: readonly CredentialHeader[]
  /**
   * The dialects of the upstream, each at its own path. Their order is the order of preference: a call in a dialect
   * that the upstream does not speak is translated to the first that can carry it, so the most faithful stands first.
   */
  readonly dialects: readonly Dialect[]
  /** False if the upstream's `GET /models` does not list the models that can be called. True if unset. */
  readonly reportsModels?: boolean
  /** The query with which `GET /models` lists all models. */
  readonly modelsQuery?: string
  /** Models that the vendor has shut down, or whose shutdown is announced. */
  readonly retired?: readonly Retirement[]
  /** The price list for a host that is not in the table of hosts; unknown if unset. */
  readonly priceSource?: PriceSource
  /**
   * The cost in responses, which replaces the table's if it is the charge (case C9). Unset if responses report none, or
   * it is not known to be the charge.
   */
  readonly reportedCost?: ReportedCost
  readonly freeOperations?: FreeOperations
  /** Set if the upstream is a router: it takes OpenRouter's `models` and `provider`. Unset for all others. */
  readonly router?: RouterFact
  /** The upstream's default models for requests that name none. */
  readonly defaultModels?: Readonly<Partial<Record<OperationName, string>>>
  /** The model that draws images for a response if the request names none. */
  readonly drawingModel?: string
  readonly searchingModels?: SearchingModels
  /** docs/money.md lists it; the contract suite keeps the two in step. */
  readonly outputLimit: OutputLimit | 'unknown'
  /** The default of `stream_options`. `unknown` counts as accepted until the upstream refuses them (case A9). */
  readonly streamOptions: StreamOptionsFact | 'unknown'
  /**
   * Whether the upstream charges for a response without streaming if the connection closes before it arrives. If so, a
   * budget must know its cost. `unknown` counts as `yes`.
   */
  readonly billsAbandoned: 'yes' | 'no' | 'unknown'
  /** The default of `on_caller_gone`: `drain` for an upstream that charges for the whole completion. */
  readonly onCallerGone: Provider['onCallerGone']
}

/** A provider kind: the configuration validates with it, and the platform creates providers from it. */
export interface ProviderKind<Kind extends string = string, Keys extends OwnKeys = OwnKeys>
  extends ProviderFacts<Kind, Keys> {
  /** Adds the settings of the kind's own keys. */
  toSettings(common: ProviderSettings, config: z.output<z.ZodObject<Keys>>): ProviderSettings
  /** Returns the price table's name of a model, given the upstream's own name. */
  toPricedModel?(model: string, settings: ProviderSettings): string
  /** Accepts settings of its own kind only. */
  create(settings: ProviderSettings): Provider
}
