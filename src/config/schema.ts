import * as z from 'zod'
import { bounds } from '../schema/bounds.ts'
import { documented } from '../schema/key-documentation.ts'
import {
  adminTokenProblem,
  emptyProblem,
  hostProblem,
  ipRangeProblem,
  originProblem,
  originUrlProblem,
  providerIdProblem,
  proxyUrlProblem,
  secretProblem,
  tokenProblem,
} from '../schema/text-problems.ts'
import {
  bytes,
  choice,
  count,
  days,
  delay,
  flag,
  flagOrAuto,
  list,
  mapOf,
  section,
  string,
  within,
} from '../schema/value-schemas.ts'
import { defaults } from './defaults.ts'
import { loginAlgorithms } from './login-algorithms.ts'
import { issuerProblem, loginNameProblem, loginSchema } from './login-schema.ts'
import { providerSchema, timeoutSchemas } from './provider-schema.ts'
import { routeNameProblem, routeSchema } from './route-schema.ts'
import { clientTokensSchema, visitorsSchema } from './user-token-schema.ts'

const models = section(
  {
    strict: documented(flag().default(false), {
      variable: 'MODELS_STRICT',
      meaning:
        'Returns 404 for a model that neither a catalogue nor the configuration contains, and suggests the nearest names. With `false` the default provider gets the call.',
    }),
    retired: documented(choice(['legacy', 'all', 'off']).default(defaults.models.retired), {
      variable: 'MODELS_RETIRED',
      meaning:
        'Where Weir replaces a model that its provider has shut down by its successor; the header `x-weir-retired-model` reports it. `legacy`: on the routes of the two old proxies, and for the 23 models of DeepInfra’s proxy on every route. `all`: on every route. `off`: nowhere.',
    }),
    aliases: documented(mapOf(string(emptyProblem)).default({}), {
      variable: 'MODEL_ALIASES',
      meaning:
        'Other names for models: `name: model` or `name: provider/model`. The variable adds to the file and has the form `fast=openai/gpt-4o-mini,big=gpt-4.1`.',
    }),
  },
  'Model names that callers may use.',
)

const routing = section(
  {
    share_breakers: documented(flag().default(false), {
      variable: 'SHARE_BREAKERS',
      meaning:
        'Shares the breakers of targets among the isolates of a Worker, through a Durable Object, which costs requests to it while there are calls by routes (docs/cloudflare.md says how many). With `false` each isolate has its own. On Node the processes of a machine always share them.',
    }),
  },
  'What all routes have in common.',
)

const access = section(
  {
    token: documented(string(tokenProblem).optional(), {
      variable: 'TOKEN',
      fallback: 'none',
      meaning:
        'The secret that every caller sends as `Authorization: Bearer …`. At least 8 characters; well-known sample values are refused.',
    }),
    token_env: documented(string(emptyProblem).optional(), {
      fallback: 'none',
      meaning: 'Name of another environment variable that holds the token.',
    }),
    admin_token: documented(string(adminTokenProblem).optional(), {
      variable: 'ADMIN_TOKEN',
      fallback: 'generated at the first start on Node, if the server listens on loopback and has storage; else none',
      meaning:
        'The secret of the admin API below `/admin/v1`; it opens nothing else. At least 32 characters, and different from TOKEN. `weir admin-token` replaces the generated one.',
    }),
    allow_anonymous: documented(flag().default(false), {
      variable: 'ALLOW_ANONYMOUS',
      meaning:
        'Serves every caller that can reach this server. With `false` and without a token, Weir serves only loopback (Node) or no caller (Workers).',
    }),
    trusted_proxies: documented(list(string(ipRangeProblem)).default([]), {
      variable: 'TRUSTED_PROXIES',
      meaning:
        'Addresses and CIDR ranges of the proxies in front of this server. Weir reads the client address from their `X-Forwarded-For` and ignores the header of all others. The variable separates entries by commas.',
    }),
    bring_your_own_key: documented(flag().optional(), {
      variable: 'BRING_YOUR_OWN_KEY',
      fallback:
        '`true` on Node when listening on loopback without a token and `NODE_ENV` is not `production`, else `false`',
      meaning:
        'Lets callers send their own OpenAI key in `x-openai-key`. Weir uses it for that call only and never logs it. It is sent to OpenAI, or to the server at a changed base URL if a key is set for that server.',
    }),
  },
  'Who may call this server.',
)

const adminLogin = section(
  {
    issuer: documented(string(issuerProblem).optional(), {
      variable: 'ADMIN_LOGIN_ISSUER',
      fallback: 'none; required if any key of `admin_login` is set',
      meaning: 'The OpenID provider, exactly as it names itself in `iss`, such as `https://accounts.google.com`.',
    }),
    client_id: documented(string(emptyProblem).optional(), {
      variable: 'ADMIN_LOGIN_CLIENT_ID',
      fallback: 'none; required with `issuer`',
      meaning:
        'Id of this server at the provider. Its redirect URI there is `<server.public_url>/admin/v1/login/callback`.',
    }),
    client_secret: documented(string(secretProblem).optional(), {
      variable: 'ADMIN_LOGIN_CLIENT_SECRET',
      fallback: 'none, as for a public client',
      meaning: 'Secret of this server at the provider. Prefer the environment.',
    }),
    algorithms: documented(
      list(choice(loginAlgorithms))
        .min(1, { error: 'must have at least one entry' })
        .default([...defaults.loginAlgorithms]),
      { meaning: 'Accepted signature algorithms of the provider’s tokens. All others are refused.' },
    ),
  },
  'Sign-in to the admin API at an OpenID provider, for the people that an administrator has added and for no one else (docs/admin.md).',
)

const cors = section(
  {
    origins: documented(
      list(string(originProblem))
        .refine((origins) => origins.length < 2 || !origins.includes('*'), {
          error: 'must be either `*` alone or a list of exact origins',
        })
        .default([...defaults.corsOrigins]),
      {
        variable: 'CORS_ORIGINS',
        meaning:
          'Origins whose pages may call from a browser, or `*` for any. The variable separates entries by commas.',
      },
    ),
  },
  'Which web pages may call this server.',
)

const graphql = section(
  {
    introspection: documented(flagOrAuto().default(defaults.introspection), {
      variable: 'GRAPHQL_INTROSPECTION',
      meaning:
        'Who sees the schema, the suggestions in errors, and the query page. `auto`: callers on this machine without a key (Node), callers with the token, and every caller of `npm run dev:worker`. `true`: every caller. `false`: no caller.',
    }),
  },
  'The GraphQL API at `/graphql`.',
)

const limits = section(
  {
    body_bytes: documented(bytes().default(defaults.limits.bodyBytes), {
      variable: 'MAX_BODY_BYTES',
      unit: 'bytes',
      meaning: 'Maximum size of a request body. Larger bodies get 413.',
    }),
    media_body_bytes: documented(bytes(bounds.streamedBytes).default(defaults.limits.mediaBodyBytes), {
      unit: 'bytes',
      meaning:
        'Maximum size of a form with audio or images, and of a body on a passthrough endpoint. Weir streams these bodies.',
    }),
    answer_bytes: documented(bytes().default(defaults.limits.answerBytes), {
      unit: 'bytes',
      meaning: 'Maximum size of a response that is not streamed. Larger responses become 502.',
    }),
    json_depth: documented(count(1, 1_000).default(defaults.limits.jsonDepth), {
      meaning: 'Maximum nesting depth of a JSON body. Deeper bodies get 400.',
    }),
    header_count: documented(count(10, 1_000).default(defaults.limits.headerCount), {
      meaning: 'Maximum number of request headers. A request with more gets 431.',
    }),
    event_bytes: documented(bytes().default(defaults.limits.eventBytes), {
      unit: 'bytes',
      meaning: 'Maximum size of one event of a stream. An image is one event.',
    }),
    cap_output: documented(flag().default(defaults.limits.capOutput), {
      meaning:
        'Lowers the output limit of a call under a budget to the tokens that the budget can pay, as docs/money.md explains. With `false` Weir changes no request, and completions that cost more than was reserved exceed the budget.',
    }),
    media_event_bytes: documented(bytes().optional(), {
      unit: 'bytes',
      meaning: 'Deprecated, and removed in version 1.0. The larger of this and `event_bytes` applies.',
      fallback: '`event_bytes` alone',
    }),
  },
  'Maximum sizes of requests and responses.',
)

const streams = section(
  {
    heartbeat_ms: documented(delay().default(defaults.streams.heartbeatMs), {
      unit: 'ms',
      meaning: 'Silence after which Weir sends a comment into a stream. It keeps proxies from closing the connection.',
    }),
    hold_headers_ms: documented(delay().default(defaults.streams.holdHeadersMs), {
      unit: 'ms',
      meaning: 'Maximum time to hold back the headers of a stream. Until then an early error keeps its HTTP status.',
    }),
    drain_ms: documented(delay().default(defaults.streams.drainMs), {
      unit: 'ms',
      meaning:
        'Maximum time to read a response on after its caller disconnected: at providers with `on_caller_gone: drain`, and for an unstreamed call under a budget.',
    }),
    stalled_reader_ms: documented(delay().default(defaults.streams.stalledReaderMs), {
      unit: 'ms',
      meaning: 'Time after which Weir closes the stream of a caller that reads nothing.',
    }),
    grace_ms: documented(delay().default(defaults.streams.graceMs), {
      unit: 'ms',
      meaning: 'Time for a provider to close the stream after its last event, or to report usage after an error.',
    }),
  },
  'Heartbeats and deadlines of streams.',
)

const neededForS3 = 'required if any key of `s3` is set'

const s3 = section(
  {
    endpoint: documented(string(originUrlProblem).optional(), {
      fallback: neededForS3,
      meaning: 'Scheme and host of the S3 server, such as `https://s3.eu-central-1.amazonaws.com`.',
    }),
    bucket: documented(string(emptyProblem).optional(), {
      fallback: neededForS3,
      meaning: 'Name of the bucket, which must exist.',
    }),
    region: documented(string(emptyProblem).default(defaults.storage.s3Region), {
      meaning: 'Region of the bucket. Use `auto` for R2 and for servers without regions.',
    }),
    access_key_id: documented(string(secretProblem).optional(), {
      fallback: neededForS3,
      meaning: 'Id of the access key.',
    }),
    secret_access_key: documented(string(secretProblem).optional(), {
      fallback: neededForS3,
      meaning: `Secret of the access key. Prefer the environment: \`\${S3_SECRET_ACCESS_KEY}\`.`,
    }),
  },
  'An S3-compatible bucket that stores the images instead of the folder (Node).',
)

const storage = section(
  {
    path: documented(string(emptyProblem).default(defaults.storage.path), {
      variable: 'STORAGE_PATH',
      meaning:
        'Folder of the database and the images (Node); `none` stores nothing. A Worker uses its bindings `DB` (D1) and `IMAGES` (R2); without the bucket it stores no images.',
    }),
    s3,
  },
  'Where Weir stores sessions, images and usage records.',
)

const sessions = section(
  {
    retention_days: documented(days().default(defaults.sessions.retentionDays), {
      variable: 'SESSION_RETENTION_DAYS',
      unit: 'days',
      meaning:
        'Time since its last use after which a session is deleted, with its messages. 0 keeps sessions for ever.',
    }),
  },
  'Retention of chat sessions.',
)

const images = section(
  {
    keep: documented(flag().optional(), {
      variable: 'IMAGES_KEEP',
      fallback: '`true` with storage, else `false`',
      meaning:
        'Stores each generated image and returns a URL of this server, which does not expire like a provider’s. Anyone with the URL can see the image.',
    }),
    retention_days: documented(days().default(defaults.images.retentionDays), {
      variable: 'IMAGE_RETENTION_DAYS',
      unit: 'days',
      meaning: 'Age at which an image is deleted. 0 keeps images for ever.',
    }),
    max_bytes: documented(bytes().default(defaults.images.maxBytes), {
      unit: 'bytes',
      meaning: 'Maximum size of a stored image. Weir returns a larger image unchanged and does not store it.',
    }),
    fetch_timeout_ms: documented(delay().default(defaults.images.fetchTimeoutMs), {
      unit: 'ms',
      meaning: 'Maximum time to fetch an image from a provider’s URL.',
    }),
  },
  'Storage of generated images.',
)

const metering = section(
  {
    enabled: documented(flag().optional(), {
      variable: 'METERING',
      fallback: '`true` with storage, else `false`',
      meaning:
        'Writes a usage record of every call: its key, its tokens, its cost in nano-USD. Virtual keys and their limits require it.',
    }),
    mode: documented(choice(['light', 'full']).optional(), {
      variable: 'METERING_MODE',
      fallback: '`light` on Workers, `full` on Node',
      meaning:
        'How Workers meter calls without a virtual key. `light` writes no record of a call: the Worker sums usage in memory and adds it to the daily totals every 15 seconds; a Worker that ends earlier loses its sums. The first virtual key ends this mode for good. `full` writes a record of each call.',
    }),
    default_max_tokens: documented(count(1, bounds.tokens).default(defaults.metering.defaultMaxTokens), {
      meaning:
        'Output tokens to reserve for a call without an output limit, unless its key sets another value. A model with a lower maximum reserves less. Under a budget, the maximum output of the model applies if Weir knows it; otherwise this value is the output limit of the call.',
    }),
    unpriced: documented(choice(['block_budgeted', 'allow', 'block']).default(defaults.metering.unpriced), {
      meaning:
        'Policy for calls whose price is unknown: `block_budgeted` refuses them if a budget applies, `block` always, `allow` never. Set missing prices under `prices`.',
    }),
    on_store_failure: documented(choice(['refuse', 'allow']).default(defaults.metering.onStoreFailure), {
      meaning:
        'Policy for calls without a budget while the ledger is unavailable. Weir always refuses calls with a budget then.',
    }),
    retention_days: documented(days().default(defaults.metering.retentionDays), {
      unit: 'days',
      meaning: 'Age at which a usage record is deleted; the daily totals stay. 0 keeps records for ever.',
    }),
  },
  'Usage records, limits and money. docs/money.md explains how they work.',
)

const priceProblem = 'must be a price in USD, from 0 to 1000000'

function usd() {
  return within(z.number, 0, 1_000_000, priceProblem)
}

const tokenPrice = (meaning: string) => documented(usd().optional(), { fallback: 'as `input` or `output`', meaning })
const unitPrice = (meaning: string) => documented(usd().optional(), { fallback: '0', meaning })

const price = z.strictObject({
  input: documented(usd().default(0), { meaning: 'USD per million input tokens.' }),
  output: documented(usd().default(0), { meaning: 'USD per million output tokens.' }),
  cached_input: tokenPrice('USD per million tokens read from the prompt cache.'),
  cache_write: tokenPrice('USD per million tokens written to the prompt cache.'),
  long_cache_write: documented(usd().optional(), {
    fallback: 'as `cache_write`',
    meaning: 'USD per million tokens written to the prompt cache with an extended lifetime.',
  }),
  reasoning: tokenPrice('USD per million reasoning tokens.'),
  audio_input: tokenPrice('USD per million audio input tokens.'),
  audio_output: tokenPrice('USD per million audio output tokens.'),
  image_input: tokenPrice('USD per million image input tokens.'),
  image_output: tokenPrice('USD per million image output tokens.'),
  per_request: unitPrice('USD per call.'),
  per_image: unitPrice('USD per generated image.'),
  per_second: unitPrice('USD per second of transcribed audio.'),
  per_character: unitPrice('USD per character of synthesized speech.'),
  max_output_tokens: documented(count(1, bounds.tokens).optional(), {
    fallback: 'unknown',
    meaning: 'Maximum output tokens of the model for one choice. It bounds the cost of a call.',
  }),
  per_web_search: unitPrice('USD per web search that the provider runs.'),
  per_web_search_preview: documented(usd().optional(), {
    fallback: 'as `per_web_search`',
    meaning: 'USD per search with OpenAI’s older tool, `web_search_preview`.',
  }),
  per_file_search: unitPrice('USD per search of stored files that the provider runs.'),
})

/** Prices that add to Weir's built-in prices and override them. */
const prices = documented(
  z.record(z.string(), price, { error: 'must be a mapping of `provider/model` to prices' }).default({}),
  {
    meaning:
      'Prices of models, each under `provider/model` with the upstream’s name of the model. They replace all built-in prices of that model (docs/prices.md).',
  },
)

const server = section(
  {
    host: documented(string(hostProblem).default(defaults.server.host), {
      variable: 'HOST',
      meaning: 'Address to listen on (Node). `0.0.0.0` serves other machines too; set a token in that case.',
    }),
    port: documented(count(0, 65_535).default(defaults.server.port), {
      variable: 'PORT',
      meaning: 'Port to listen on (Node). 0 picks a free port.',
    }),
    public_url: documented(string(originUrlProblem).optional(), {
      variable: 'PUBLIC_URL',
      fallback: 'scheme and host of the request',
      meaning:
        'Scheme and host at which callers reach this server, such as `https://ai.example.com`. URLs of stored images begin with it.',
    }),
    drain_ms: documented(delay().default(defaults.server.drainMs), {
      variable: 'DRAIN_MS',
      unit: 'ms',
      meaning:
        'Maximum time for running calls to finish after SIGTERM (Node). Configure the process manager to wait longer, for example with `terminationGracePeriodSeconds` or `docker stop --time`.',
    }),
    max_buffered_bytes: documented(bytes().optional(), {
      variable: 'MAX_BUFFERED_BYTES',
      unit: 'bytes',
      fallback: `${defaults.server.maxBufferedBytes.node} on Node, ${defaults.server.maxBufferedBytes.workers} on Workers`,
      meaning:
        'Maximum memory of a process for the bodies of all calls together: partly read requests, unsent responses, unfinished events. A call beyond it gets 503 and `Retry-After`; the last 1/64 is reserved for calls up to 64 KiB. The process grows by at most this value: it holds bodies in one half, the other half is for memory that the garbage collector has not freed yet. Text outside Latin-1 takes two bytes a character.',
    }),
    max_connections: documented(count(1, 1_000_000).default(defaults.server.maxConnections), {
      variable: 'MAX_CONNECTIONS',
      meaning:
        'Maximum number of open connections of a process (Node). At the maximum, Weir closes the oldest idle connection without an accepted key; if none exists, it closes new connections at once.',
    }),
    max_connections_per_address: documented(count(1, 1_000_000).default(defaults.server.maxConnectionsPerAddress), {
      meaning:
        'Maximum number of open connections of one client address (Node). For a client behind a proxy of `access.trusted_proxies` it limits the running requests. The proxies and this machine are exempt.',
    }),
    unknown_caller_ms: documented(delay().default(defaults.server.unknownCallerMs), {
      unit: 'ms',
      meaning:
        'Maximum time for a connection without an accepted key to send its next request, and to read a response, or each MiB of a longer one (Node). Request headers must arrive within 10 s. Exempt are `access.trusted_proxies` and this machine; with ALLOW_ANONYMOUS also every connection with an accepted call.',
    }),
  },
  'The listening server and its connections.',
)

const proxy = section(
  {
    https: documented(string(proxyUrlProblem).optional(), {
      variable: 'HTTPS_PROXY',
      fallback: 'the value of `http`',
      meaning: 'HTTP proxy for calls to `https://` addresses, such as `http://user:password@proxy.example.com:3128`.',
    }),
    http: documented(string(proxyUrlProblem).optional(), {
      variable: 'HTTP_PROXY',
      fallback: 'none',
      meaning: 'HTTP proxy for calls to `http://` addresses.',
    }),
    bypass: documented(list(string(emptyProblem)).default([]), {
      variable: 'NO_PROXY',
      meaning:
        'Hosts to connect to directly: `example.com` includes its subdomains, `*.example.com` means the subdomains only, `10.0.0.1:8080` one port, `*` all hosts. Weir always connects directly to this machine.',
    }),
  },
  'The HTTP proxy for calls to providers and to the bucket (Node). Weir fetches images from URLs of a provider without a proxy. The variables may also be in lower case.',
)

const log = section(
  {
    level: documented(choice(['silent', 'error', 'info']).default(defaults.logLevel), {
      variable: 'LOG_LEVEL',
      meaning: '`info` logs one line per call, `error` only failed calls, `silent` nothing.',
    }),
  },
  'The log. It never contains keys or content.',
)

const timeouts = section(
  {
    connect_ms: timeoutSchemas.connect_ms(defaults.timeouts.connectMs),
    first_byte_ms: timeoutSchemas.first_byte_ms(defaults.timeouts.firstByteMs),
    idle_ms: timeoutSchemas.idle_ms(defaults.timeouts.idleMs),
    total_ms: timeoutSchemas.total_ms(defaults.timeouts.totalMs),
  },
  'Timeouts of calls to providers. A provider’s own `timeouts` override them.',
)

/** The shape of `weir.config.*`. An unknown key is an error, because a misspelt limit would limit nothing. */
export const configSchema = z.strictObject({
  default_provider: documented(string(emptyProblem).optional(), {
    variable: 'DEFAULT_PROVIDER',
    fallback: 'the first provider',
    meaning: 'Name of the provider that gets calls with a model name that no catalogue contains.',
  }),
  passthrough: documented(string(emptyProblem).optional(), {
    variable: 'PASSTHROUGH',
    fallback: 'off',
    meaning:
      'Name of the provider that gets calls to endpoints under `/v1` that Weir does not understand, such as files and batches. All callers share the objects that these calls create.',
  }),
  models,
  providers: documented(
    z
      .record(string(providerIdProblem), providerSchema, {
        error: 'must be a mapping of provider names to the keys of each provider',
      })
      .default({}),
    {
      meaning:
        'Upstream accounts, each under a name of lower-case letters, digits and `-`. The first one is the default provider.',
    },
  ),
  routes: documented(
    z
      .record(string(routeNameProblem), routeSchema, {
        error: 'must be a mapping of route names to the keys of each route',
      })
      .default({}),
    {
      meaning:
        'Models that several targets serve, each under the name that callers use: fallbacks, load balancing, sessions that keep their prompt cache (docs/routing.md).',
    },
  ),
  routing,
  access,
  client_tokens: clientTokensSchema,
  visitors: visitorsSchema,
  logins: documented(
    z
      .record(string(loginNameProblem), loginSchema, { error: 'must be a mapping of login names to the keys of each' })
      .default({}),
    {
      meaning:
        'Issuers whose users may call with the token of their own login, each under a name of your choice; docs/logins.md has recipes. Their usage counts for `login:<name>`.',
    },
  ),
  admin_login: adminLogin,
  cors,
  graphql,
  limits,
  timeouts,
  streams,
  storage,
  sessions,
  images,
  metering,
  prices,
  server,
  proxy,
  log,
})

/** The configuration with every default filled in. */
export type CompleteConfig = z.output<typeof configSchema>

/** Prices in USD; token prices per million. */
export type PriceConfig = z.output<typeof price>
