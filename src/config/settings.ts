import type { IpRange } from '../core/ip-address.ts'
import type { ProviderSettings } from '../providers/provider-kind.ts'
import type { PriceConfig } from './schema.ts'

/** A bucket of an S3-compatible store. */
export interface S3Settings {
  /** Such as `https://s3.eu-central-1.amazonaws.com` or `http://127.0.0.1:9000`. */
  readonly endpoint: string
  readonly bucket: string
  /** `auto` for R2. */
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** URLs of HTTP proxies, which may hold a user name and a password. */
export interface ProxySettings {
  readonly https: string | undefined
  readonly http: string | undefined
  /** Hosts that are reached without them. */
  readonly bypass: readonly string[]
}

export interface MeteringSettings {
  /** Keeps a record of every call. Needs storage. */
  readonly isEnabled: boolean
  /** Calls are summed and not recorded until the first virtual key is made. Workers only. */
  readonly isLight: boolean
  /** Tokens of output that are set aside for a call that names no limit of its own. */
  readonly defaultMaxTokens: number
  /** What becomes of calls whose price is not known; `block_budgeted` refuses them where a budget would be blind to them. */
  readonly unpriced: 'allow' | 'block' | 'block_budgeted'
  /** What becomes of calls without a budget while the ledger cannot be reached. Those with one are always refused. */
  readonly onStoreFailure: 'refuse' | 'allow'
  /** Milliseconds; 0 keeps records for ever. */
  readonly retentionMs: number
  /** By `provider/model`, as the operator wrote them. */
  readonly prices: Readonly<Record<string, PriceConfig>>
}

/** The whole configuration, checked, with every default filled in. */
export interface Settings {
  /** In the order in which the operator named them. */
  readonly providers: readonly ProviderSettings[]
  /** Id of the provider that gets model names which no catalogue knows; the first configured one unless set. */
  readonly defaultProvider: string | undefined
  /** Id of the provider that gets the `/v1/*` endpoints which Weir does not understand. */
  readonly passthrough: string | undefined
  readonly models: {
    readonly strict: boolean
    /** On which routes a model that its provider has shut down gives way to its successor. */
    readonly retired: 'legacy' | 'all' | 'off'
    /** Name → model, or `provider/model`. */
    readonly aliases: Readonly<Record<string, string>>
  }
  readonly access: {
    readonly token: string | undefined
    /** What opens the admin API, and nothing else. */
    readonly adminToken: string | undefined
    readonly allowAnonymous: boolean
    /** Without a token, programs on this machine are served without a key. */
    readonly servesLocal: boolean
    readonly bringYourOwnKey: boolean
    /** Whose `X-Forwarded-For` is believed. */
    readonly trustedProxies: readonly IpRange[]
  }
  readonly cors: {
    /** Exact origins, or the single entry `*`. */
    readonly origins: readonly string[]
  }
  readonly graphql: {
    /** Whether callers see the schema; `auto` leaves it to who they are. */
    readonly introspection: boolean | 'auto'
  }
  readonly limits: {
    readonly bodyBytes: number
    readonly mediaBodyBytes: number
    readonly answerBytes: number
    readonly jsonDepth: number
    readonly headerCount: number
    readonly eventBytes: number
    /** The limit on output of a call under a budget is lowered to what the budget can pay. */
    readonly capOutput: boolean
  }
  readonly streams: {
    readonly heartbeatMs: number
    /** Headers of a stream are held back this long, so that an early error keeps its status. */
    readonly holdHeadersMs: number
    /** A caller who takes nothing for so long is cut off. */
    readonly stalledReaderMs: number
    /** What the upstream gets to close by itself after its last event. */
    readonly graceMs: number
    /** How long an answer is read to its end, whose caller has left, where a provider's policy is `drain`. */
    readonly drainMs: number
  }
  /** Books, limits and money. */
  readonly metering: MeteringSettings
  readonly storage: {
    /** Folder of the database and of kept images on Node; on Workers the bindings say where. Undefined keeps nothing. */
    readonly path: string | undefined
    /** Where images are kept instead of that folder. */
    readonly s3: S3Settings | undefined
  }
  readonly sessions: {
    /** Milliseconds since the last use; 0 keeps for ever. */
    readonly retentionMs: number
  }
  readonly images: {
    /** Saves generated images and answers with Weir's own URLs. */
    readonly keep: boolean
    /** Milliseconds; 0 keeps for ever. */
    readonly retentionMs: number
    /** The largest image that is fetched from a provider's URL. */
    readonly maxBytes: number
    readonly fetchTimeoutMs: number
  }
  readonly server: {
    readonly host: string
    readonly port: number
    /** Scheme and host under which callers reach this server; without it, the request's own. Ends without a slash. */
    readonly publicUrl: string | undefined
    readonly drainMs: number
    /** Of bodies, of all calls together. */
    readonly maxBufferedBytes: number
    readonly maxConnections: number
    readonly maxConnectionsPerAddress: number
    /** The time that a connection on which no key was accepted may take, milliseconds. */
    readonly unknownCallerMs: number
  }
  /** How calls leave this server on Node, but for providers that have a proxy of their own. */
  readonly proxy: ProxySettings
  readonly log: {
    readonly level: 'silent' | 'error' | 'info'
  }
}
