import type { IpRange } from '../core/ip-address.ts'
import type { Limits } from '../metering/limits.ts'
import type { ProviderSettings } from '../providers/provider-kind.ts'
import type { PolicyGrants } from './grant-fields.ts'
import type { RouteSettings } from './route-settings.ts'
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

/** Sign-in to the admin API at an OpenID provider. */
export interface AdminLoginSettings {
  /** Exactly as in the claim `iss`. */
  readonly issuer: string
  readonly clientId: string
  /** Undefined for a public client. */
  readonly clientSecret: string | undefined
  readonly algorithms: readonly string[]
  /** `<server.public_url>/admin/v1/login/callback` */
  readonly redirectUri: string
}

/** URLs of HTTP proxies. They may contain a user name and a password. */
export interface ProxySettings {
  readonly https: string | undefined
  readonly http: string | undefined
  /** Hosts that Weir connects to directly. */
  readonly bypass: readonly string[]
}

export interface MeteringSettings {
  /** Writes a usage record of every call. Requires storage. */
  readonly isEnabled: boolean
  /** Sums calls instead of recording them, until the first virtual key is created. Workers only. */
  readonly isLight: boolean
  /** Output tokens to reserve for a call without an output limit. */
  readonly defaultMaxTokens: number
  /** Policy for calls of unknown price; `block_budgeted` refuses those under a budget. */
  readonly unpriced: 'allow' | 'block' | 'block_budgeted'
  /** Policy for calls without a budget while the ledger is unavailable. Calls with a budget are always refused. */
  readonly onStoreFailure: 'refuse' | 'allow'
  /** Milliseconds; 0 keeps records for ever. */
  readonly retentionMs: number
  /** Prices by `provider/model`, as the operator wrote them. */
  readonly prices: Readonly<Record<string, PriceConfig>>
}

/** Claims by name, `a.b` inside another claim, each with its accepted values. */
export type ClaimRules = Readonly<Record<string, readonly (string | number | boolean)[]>>

/** An issuer whose tokens Weir accepts. At least one of `audience` and `claims` binds them to this server's app. */
export interface LoginSettings {
  readonly name: string
  /** Equals `iss`, character for character. */
  readonly issuer: string
  /** Undefined: the discovery document names it. */
  readonly jwksUrl: string | undefined
  /** Only HS256 with a secret, and never without. */
  readonly algorithms: readonly string[]
  readonly secret: string | undefined
  readonly audience: readonly string[] | undefined
  readonly claims: ClaimRules
  /** In lower case. Undefined: the tokens arrive as `Authorization: Bearer …`. */
  readonly header: string | undefined
  readonly userClaim: string
  readonly grants: PolicyGrants
  /** Of all users together. */
  readonly limits: Limits | undefined
  readonly perUser: Limits | undefined
  readonly tiers: readonly LoginTier[]
}

/** Values for the users with certain claims; an undefined one is the login's own. */
export interface LoginTier {
  readonly claims: ClaimRules
  readonly models: readonly string[] | undefined
  readonly operations: readonly string[] | undefined
  readonly perUser: Limits | undefined
}

/** Anonymous visitors of public pages. */
export interface VisitorSettings {
  readonly grants: PolicyGrants
  /** Of all visitors together, with a budget per day. */
  readonly limits: Limits
  readonly perVisitor: Limits | undefined
  readonly perAddress: Limits
  readonly tokenMs: number
  readonly newPerAddressPerHour: number
  readonly challenge: ChallengeSettings | undefined
}

/** A check that a visitor is not a program. */
export interface ChallengeSettings {
  readonly siteKey: string
  readonly secret: string
  readonly verifyUrl: string
  readonly when: 'first' | 'risk' | 'always'
}

/** The whole configuration, validated, with every default filled in. */
export interface Settings {
  /** In the order of the configuration. */
  readonly providers: readonly ProviderSettings[]
  /** Id of the provider for models that no catalogue contains; by default the first configured one. */
  readonly defaultProvider: string | undefined
  /** Id of the provider for `/v1/*` endpoints that Weir does not understand. */
  readonly passthrough: string | undefined
  readonly models: {
    readonly strict: boolean
    /** Routes on which Weir replaces a model that its provider has shut down by the successor. */
    readonly retired: 'legacy' | 'all' | 'off'
    /** Name → model, or `provider/model`. */
    readonly aliases: Readonly<Record<string, string>>
  }
  /** By name, in the order of the configuration. */
  readonly routes: ReadonlyMap<string, RouteSettings>
  readonly routing: {
    /** Shares breakers with other isolates through a Durable Object. Workers only. */
    readonly sharesBreakers: boolean
  }
  readonly access: {
    readonly token: string | undefined
    /** The secret of the admin API; it opens nothing else. */
    readonly adminToken: string | undefined
    readonly allowAnonymous: boolean
    /** Serves programs on this machine without a key while no token is set. */
    readonly servesLocal: boolean
    readonly bringYourOwnKey: boolean
    /** Proxies whose `X-Forwarded-For` is trusted. */
    readonly trustedProxies: readonly IpRange[]
  }
  readonly clientTokens: {
    /** The first one signs. Empty if none is configured. */
    readonly secrets: readonly string[]
    readonly defaultMs: number
    readonly maxMs: number
    readonly defaultNano: number
  }
  /** Undefined if there are no visitors. */
  readonly visitors: VisitorSettings | undefined
  /** In the order of the configuration. */
  readonly logins: readonly LoginSettings[]
  /** Undefined if people sign in with the admin secret only. */
  readonly adminLogin?: AdminLoginSettings | undefined
  readonly cors: {
    /** Exact origins, or the single entry `*`. */
    readonly origins: readonly string[]
  }
  readonly graphql: {
    /** Whether callers see the schema; `auto` depends on the caller. */
    readonly introspection: boolean | 'auto'
  }
  readonly limits: {
    readonly bodyBytes: number
    readonly mediaBodyBytes: number
    readonly answerBytes: number
    readonly jsonDepth: number
    readonly headerCount: number
    readonly eventBytes: number
    /** Lowers the output limit of a call under a budget to the tokens that the budget can pay. */
    readonly capOutput: boolean
  }
  readonly streams: {
    readonly heartbeatMs: number
    /** Maximum time to hold back the headers of a stream; until then an early error keeps its status. */
    readonly holdHeadersMs: number
    /** Time after which the stream of a caller that reads nothing is closed. */
    readonly stalledReaderMs: number
    /** Time for the upstream to close the stream after its last event. */
    readonly graceMs: number
    /** Maximum time to read a response on after its caller disconnected, for providers with the policy `drain`. */
    readonly drainMs: number
  }
  /** Usage records, limits and money. */
  readonly metering: MeteringSettings
  readonly storage: {
    /** Folder of the database and the images on Node; Workers use their bindings. Undefined stores nothing. */
    readonly path: string | undefined
    /** Bucket that stores the images instead of that folder. */
    readonly s3: S3Settings | undefined
  }
  readonly sessions: {
    /** Milliseconds since the last use of a session; 0 keeps sessions for ever. */
    readonly retentionMs: number
  }
  readonly images: {
    /** Stores generated images and returns Weir's own URLs. */
    readonly keep: boolean
    /** Milliseconds; 0 keeps images for ever. */
    readonly retentionMs: number
    /** Maximum size in bytes of an image that is fetched from a provider's URL. */
    readonly maxBytes: number
    readonly fetchTimeoutMs: number
  }
  readonly server: {
    readonly host: string
    readonly port: number
    /**
     * Scheme and host at which callers reach this server, without a slash at the end; if undefined, those of the
     * request.
     */
    readonly publicUrl: string | undefined
    readonly drainMs: number
    /** Maximum memory for the bodies of all calls together. */
    readonly maxBufferedBytes: number
    readonly maxConnections: number
    readonly maxConnectionsPerAddress: number
    /** Maximum time in milliseconds of a connection without an accepted key. */
    readonly unknownCallerMs: number
  }
  /** HTTP proxies of calls from Node, except for providers with their own proxy. */
  readonly proxy: ProxySettings
  readonly log: {
    readonly level: 'silent' | 'error' | 'info'
  }
}
