import * as z from 'zod'
import { bounds } from '../schema/bounds.ts'
import { documented } from '../schema/key-documentation.ts'
import {
  adminTokenProblem,
  hostProblem,
  ipRangeProblem,
  originProblem,
  originUrlProblem,
  providerIdProblem,
  proxyUrlProblem,
  secretProblem,
  textProblem,
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
  text,
} from '../schema/value-schemas.ts'
import { defaults } from './defaults.ts'
import { providerSchema, timeoutSchemas } from './provider-schema.ts'

const models = section(
  {
    strict: documented(flag().default(false), {
      variable: 'MODELS_STRICT',
      meaning:
        'Answer 404 to a model that no catalogue and no configuration knows, and suggest the nearest names. Otherwise it goes to the default provider.',
    }),
    retired: documented(choice(['legacy', 'all', 'off']).default(defaults.models.retired), {
      variable: 'MODELS_RETIRED',
      meaning:
        'Where a model that its provider has shut down is replaced by its successor, which `x-weir-retired-model` tells. `legacy`: on the routes of the two old proxies, and for the 23 models of DeepInfra’s proxy on every route; `all`: on every route; `off`: nowhere.',
    }),
    aliases: documented(mapOf(text(textProblem)).default({}), {
      variable: 'MODEL_ALIASES',
      meaning:
        'Other names for models: `name: model` or `name: provider/model`. In the variable `fast=openai/gpt-4o-mini,big=gpt-4.1`; it adds to the file.',
    }),
  },
  'Which model names are taken.',
)

const access = section(
  {
    token: documented(text(tokenProblem).optional(), {
      variable: 'TOKEN',
      fallback: 'none',
      meaning:
        'The one secret that every caller sends as `Authorization: Bearer …`. At least 8 characters, not a sample.',
    }),
    token_env: documented(text(textProblem).optional(), {
      fallback: 'none',
      meaning: 'The name of another environment variable that holds the token.',
    }),
    admin_token: documented(text(adminTokenProblem).optional(), {
      variable: 'ADMIN_TOKEN',
      fallback: 'made at the first start on Node, when listening on loopback and with storage; else none',
      meaning:
        'The secret that opens the admin API below `/admin/v1`, and nothing else. At least 32 characters; not TOKEN. `weir admin-token` replaces the one that Weir made.',
    }),
    allow_anonymous: documented(flag().default(false), {
      variable: 'ALLOW_ANONYMOUS',
      meaning:
        'Serve everybody who can reach this server. Without it and without a token only loopback is served (Node) or nobody (Workers).',
    }),
    trusted_proxies: documented(list(text(ipRangeProblem)).default([]), {
      variable: 'TRUSTED_PROXIES',
      meaning:
        'Addresses and CIDR ranges of the proxies before this server, whose `X-Forwarded-For` says where a call comes from. In the variable separated by commas. Without them the header is not read.',
    }),
    bring_your_own_key: documented(flag().optional(), {
      variable: 'BRING_YOUR_OWN_KEY',
      fallback:
        '`true` on Node when listening on loopback without a token and `NODE_ENV` is not `production`, else `false`',
      meaning:
        'Let a caller send an OpenAI key of their own in `x-openai-key`. It is used for that call and never logged. It goes to OpenAI itself, or in place of the key that is set for a server in its place.',
    }),
  },
  'Who may call.',
)

const cors = section(
  {
    origins: documented(
      list(text(originProblem))
        .refine((origins) => origins.length < 2 || !origins.includes('*'), {
          error: 'must be either `*` alone or a list of exact origins',
        })
        .default([...defaults.corsOrigins]),
      {
        variable: 'CORS_ORIGINS',
        meaning:
          'The origins whose pages may call from a browser, or `*` for any. In the variable separated by commas.',
      },
    ),
  },
  'Which web pages may call.',
)

const graphql = section(
  {
    introspection: documented(flagOrAuto().default(defaults.introspection), {
      variable: 'GRAPHQL_INTROSPECTION',
      meaning:
        'Who sees the schema, suggestions in errors, and the page for trying queries. `auto`: callers on this machine without a key (Node), those with the token, and every caller under `npm run dev:worker`. `true`: every caller. `false`: none.',
    }),
  },
  'GraphQL at `/graphql`.',
)

const limits = section(
  {
    body_bytes: documented(bytes().default(defaults.limits.bodyBytes), {
      variable: 'MAX_BODY_BYTES',
      unit: 'bytes',
      meaning: 'The longest body of a call. Longer ones get 413.',
    }),
    media_body_bytes: documented(bytes(bounds.streamedBytes).default(defaults.limits.mediaBodyBytes), {
      unit: 'bytes',
      meaning:
        'The longest form with audio or pictures, and the longest body of the endpoints that are passed through: these are streamed.',
    }),
    answer_bytes: documented(bytes().default(defaults.limits.answerBytes), {
      unit: 'bytes',
      meaning: 'The longest answer that is not streamed. Longer ones get 502.',
    }),
    json_depth: documented(count(1, 1_000).default(defaults.limits.jsonDepth), {
      meaning: 'How deep a body may nest. Deeper ones get 400.',
    }),
    header_count: documented(count(10, 1_000).default(defaults.limits.headerCount), {
      meaning: 'How many headers a call may have. More get 431.',
    }),
    event_bytes: documented(bytes().default(defaults.limits.eventBytes), {
      unit: 'bytes',
      meaning: 'The longest single event of a stream. A picture comes in one.',
    }),
    cap_output: documented(flag().default(defaults.limits.capOutput), {
      meaning:
        'Lower the limit on output of a call under a budget to what the budget can pay; docs/money.md says how. `false` changes no request, and a budget can be exceeded by what answers cost beyond what was set aside.',
    }),
    media_event_bytes: documented(bytes().optional(), {
      unit: 'bytes',
      meaning: 'An older name: the larger of this and `event_bytes` counts. It goes with version 1.0.',
      fallback: '`event_bytes` alone',
    }),
  },
  'How much is taken.',
)

const streams = section(
  {
    heartbeat_ms: documented(delay().default(defaults.streams.heartbeatMs), {
      unit: 'ms',
      meaning: 'A comment is sent into a stream that has been silent for so long, so that nothing in between cuts it.',
    }),
    hold_headers_ms: documented(delay().default(defaults.streams.holdHeadersMs), {
      unit: 'ms',
      meaning: 'The headers of a stream are held back for so long at most, so that an early error keeps its status.',
    }),
    drain_ms: documented(delay().default(defaults.streams.drainMs), {
      unit: 'ms',
      meaning: 'How long an answer is read on whose caller has left, at providers with `on_caller_gone: drain`.',
    }),
    stalled_reader_ms: documented(delay().default(defaults.streams.stalledReaderMs), {
      unit: 'ms',
      meaning: 'A caller who takes nothing for so long is cut off.',
    }),
    grace_ms: documented(delay().default(defaults.streams.graceMs), {
      unit: 'ms',
      meaning:
        'The time that a provider has to close by itself after its last event, or to tell its usage after an error.',
    }),
  },
  'How streams are kept alive and cut.',
)

const neededForS3 = 'needed, if any of these is set'

const s3 = section(
  {
    endpoint: documented(text(originUrlProblem).optional(), {
      fallback: neededForS3,
      meaning: 'Scheme and host of the server, such as `https://s3.eu-central-1.amazonaws.com`.',
    }),
    bucket: documented(text(textProblem).optional(), {
      fallback: neededForS3,
      meaning: 'The bucket, which must exist.',
    }),
    region: documented(text(textProblem).default(defaults.storage.s3Region), {
      meaning: 'Its region. `auto` is right for R2, and for servers that have no regions.',
    }),
    access_key_id: documented(text(secretProblem).optional(), {
      fallback: neededForS3,
      meaning: 'The id of the access key.',
    }),
    secret_access_key: documented(text(secretProblem).optional(), {
      fallback: neededForS3,
      meaning: `The access key. Better kept in the environment: \`\${S3_SECRET_ACCESS_KEY}\`.`,
    }),
  },
  'An S3-compatible bucket that holds the images instead of the folder (Node).',
)

const storage = section(
  {
    path: documented(text(textProblem).default(defaults.storage.path), {
      variable: 'STORAGE_PATH',
      meaning:
        'The folder of the database and of the images (Node); `none` keeps nothing. A Worker keeps them in its bindings `DB` (D1) and `IMAGES` (R2); without the bucket pictures are not kept.',
    }),
    s3,
  },
  'Where sessions and images are kept.',
)

const sessions = section(
  {
    retention_days: documented(days().default(defaults.sessions.retentionDays), {
      variable: 'SESSION_RETENTION_DAYS',
      unit: 'days',
      meaning: 'A session that was not used for so long is deleted, with its messages. 0 keeps sessions for ever.',
    }),
  },
  'How long chat sessions are kept.',
)

const images = section(
  {
    keep: documented(flag().optional(), {
      variable: 'IMAGES_KEEP',
      fallback: '`true` where there is storage',
      meaning:
        'Save each generated image and answer with a URL of this server, which does not expire as a provider’s does. Whoever has the URL can see the image.',
    }),
    retention_days: documented(days().default(defaults.images.retentionDays), {
      variable: 'IMAGE_RETENTION_DAYS',
      unit: 'days',
      meaning: 'An image is deleted when it is so old. 0 keeps images for ever.',
    }),
    max_bytes: documented(bytes().default(defaults.images.maxBytes), {
      unit: 'bytes',
      meaning: 'The largest image that is kept. A larger one is passed on as it came.',
    }),
    fetch_timeout_ms: documented(delay().default(defaults.images.fetchTimeoutMs), {
      unit: 'ms',
      meaning: 'What fetching an image from a provider’s URL may take.',
    }),
  },
  'Generated images.',
)

const metering = section(
  {
    enabled: documented(flag().optional(), {
      variable: 'METERING',
      fallback: '`true` where there is storage',
      meaning:
        'Keep a record of every call: who made it, its tokens, its cost in nano-USD. Virtual keys and their limits need it.',
    }),
    mode: documented(choice(['light', 'full']).optional(), {
      variable: 'METERING_MODE',
      fallback: '`light` on Workers, `full` on Node',
      meaning:
        'How calls without a virtual key are metered on Workers. `light` writes nothing for a call: usage is summed in memory and added to the sums by day every 15 seconds, so that a Worker that ends before that loses them, and no call has a record of its own. It ends for good with the first virtual key. `full` keeps a record of each.',
    }),
    default_max_tokens: documented(count(1, bounds.tokens).default(defaults.metering.defaultMaxTokens), {
      meaning:
        'Tokens of output that are set aside for a call that names no limit of its own, where its key says nothing else. A model that puts out less by nature needs less. Under a budget the longest answer of the model counts, where it is known; where it is not, this is the limit of the call.',
    }),
    unpriced: documented(choice(['block_budgeted', 'allow', 'block']).default(defaults.metering.unpriced), {
      meaning:
        'What becomes of a call whose price is not known. `block_budgeted` refuses it where a budget would be blind to it. `prices` names prices.',
    }),
    on_store_failure: documented(choice(['refuse', 'allow']).default(defaults.metering.onStoreFailure), {
      meaning:
        'What becomes of a call without a budget while the books cannot be written. One with a budget is always refused.',
    }),
    retention_days: documented(days().default(defaults.metering.retentionDays), {
      unit: 'days',
      meaning: 'A record is deleted when it is so old; the sums by day stay. 0 keeps records for ever.',
    }),
  },
  'Records, limits and money. How they work is in docs/money.md.',
)

const priceProblem = 'must be a price in USD, from 0 to 1000000'

function usd() {
  return z.number({ error: priceProblem }).min(0, { error: priceProblem }).max(1_000_000, { error: priceProblem })
}

const tokenPrice = (what: string) => documented(usd().optional(), { fallback: 'as `input` or `output`', meaning: what })
const unitPrice = (what: string) => documented(usd().optional(), { fallback: '0', meaning: what })

const price = z.strictObject({
  input: documented(usd().default(0), { meaning: 'USD for a million tokens of input.' }),
  output: documented(usd().default(0), { meaning: 'USD for a million tokens of output.' }),
  cached_input: tokenPrice('For a million tokens read from the prompt cache.'),
  cache_write: tokenPrice('For a million tokens written to the prompt cache.'),
  long_cache_write: documented(usd().optional(), {
    fallback: 'as `cache_write`',
    meaning: 'For a million tokens that are kept in the prompt cache for longer than usual.',
  }),
  reasoning: tokenPrice('For a million tokens of reasoning.'),
  audio_input: tokenPrice('For a million tokens of audio in.'),
  audio_output: tokenPrice('For a million tokens of audio out.'),
  image_input: tokenPrice('For a million tokens of pictures in.'),
  image_output: tokenPrice('For a million tokens of pictures out.'),
  per_request: unitPrice('USD for each call.'),
  per_image: unitPrice('USD for each picture made.'),
  per_second: unitPrice('USD for a second of audio that is transcribed.'),
  per_character: unitPrice('USD for a character that is spoken.'),
  max_output_tokens: documented(count(1, bounds.tokens).optional(), {
    fallback: 'not known',
    meaning: 'The most tokens that the model puts out for one choice, which bounds what a call can cost.',
  }),
  per_web_search: unitPrice('USD for a search of the web that the provider makes by itself.'),
  per_web_search_preview: documented(usd().optional(), {
    fallback: 'as `per_web_search`',
    meaning: 'USD for a search by OpenAI’s older tool, `web_search_preview`.',
  }),
  per_file_search: unitPrice('USD for a search of stored files that the provider makes by itself.'),
})

/** Prices beside, and before, those that Weir brings along. */
const prices = documented(
  z.record(z.string(), price, { error: 'must be a mapping of `provider/model` to prices' }).default({}),
  {
    meaning:
      'What models cost, each under `provider/model` with the name that goes upstream. A model that is named here has these prices alone. Weir brings the usual ones along (docs/prices.md).',
  },
)

const server = section(
  {
    host: documented(text(hostProblem).default(defaults.server.host), {
      variable: 'HOST',
      meaning: 'The address to listen on (Node). `0.0.0.0` serves other machines too; set a token then.',
    }),
    port: documented(count(0, 65_535).default(defaults.server.port), {
      variable: 'PORT',
      meaning: 'The port to listen on (Node). 0 takes any free one.',
    }),
    public_url: documented(text(originUrlProblem).optional(), {
      variable: 'PUBLIC_URL',
      fallback: 'scheme and host of each request',
      meaning:
        'Scheme and host under which callers reach this server, such as `https://ai.example.com`. URLs of kept images begin with it.',
    }),
    drain_ms: documented(delay().default(defaults.server.drainMs), {
      variable: 'DRAIN_MS',
      unit: 'ms',
      meaning:
        'What running calls get to finish after SIGTERM (Node). The process manager must allow more, such as `terminationGracePeriodSeconds` or `docker stop --time`.',
    }),
    max_buffered_bytes: documented(bytes().optional(), {
      variable: 'MAX_BUFFERED_BYTES',
      unit: 'bytes',
      fallback: `${defaults.server.maxBufferedBytes.node} on Node, ${defaults.server.maxBufferedBytes.workers} on Workers`,
      meaning:
        'What a process holds of the bodies of all calls together: those that are not read to their end, answers that are not yet sent, unfinished events. A call beyond it gets 503 and `Retry-After`; the last sixty-fourth is for calls up to 64 KiB. This is what the process grows by, at most: half of it is held, the rest is what the garbage collector has not yet freed. Text with other than Western letters takes two bytes a character.',
    }),
    max_connections: documented(count(1, 1_000_000).default(defaults.server.maxConnections), {
      variable: 'MAX_CONNECTIONS',
      meaning:
        'Connections that a process keeps open (Node). Those without a key that ask for nothing give way, the oldest first; where there are none, further ones are closed at once.',
    }),
    max_connections_per_address: documented(count(1, 1_000_000).default(defaults.server.maxConnectionsPerAddress), {
      meaning:
        'The same for one client address (Node); of a client behind a proxy of `access.trusted_proxies`, its requests under way. The proxies, and this machine itself, may have as many as all.',
    }),
    unknown_caller_ms: documented(delay().default(defaults.server.unknownCallerMs), {
      unit: 'ms',
      meaning:
        'How long a connection on which no key was accepted may wait for its next request, and take to read an answer, or each MiB of a longer one (Node). The headers of a request have 10 s. Connections of `access.trusted_proxies`, and of this machine itself, may wait as long as those of callers; with ALLOW_ANONYMOUS every one whose call was accepted is a caller’s.',
    }),
  },
  'Where this server listens.',
)

const proxy = section(
  {
    https: documented(text(proxyUrlProblem).optional(), {
      variable: 'HTTPS_PROXY',
      fallback: 'that of `http`',
      meaning:
        'The HTTP proxy through which `https://` addresses are reached, such as `http://user:password@proxy.example.com:3128`.',
    }),
    http: documented(text(proxyUrlProblem).optional(), {
      variable: 'HTTP_PROXY',
      fallback: 'none',
      meaning: 'The same for `http://` addresses.',
    }),
    bypass: documented(list(text(textProblem)).default([]), {
      variable: 'NO_PROXY',
      meaning:
        'Hosts that are reached without it: `example.com` with all names below it, `*.example.com` for those alone, `10.0.0.1:8080`, `*` for all. This machine is never reached through a proxy.',
    }),
  },
  'The HTTP proxy through which calls leave (Node): those to providers and to the bucket. Images whose address a provider chose are fetched without one. The variables may be in lower case too.',
)

const log = section(
  {
    level: documented(choice(['silent', 'error', 'info']).default(defaults.logLevel), {
      variable: 'LOG_LEVEL',
      meaning: '`info`: one line a call. `error`: failed calls only. `silent`: nothing.',
    }),
  },
  'What is logged. Never keys, never content.',
)

const timeouts = section(
  {
    connect_ms: timeoutSchemas.connect_ms(defaults.timeouts.connectMs),
    first_byte_ms: timeoutSchemas.first_byte_ms(defaults.timeouts.firstByteMs),
    idle_ms: timeoutSchemas.idle_ms(defaults.timeouts.idleMs),
    total_ms: timeoutSchemas.total_ms(defaults.timeouts.totalMs),
  },
  'How long a provider may take, unless it has its own `timeouts`.',
)

/** The shape of `weir.config.*`. A key that is not here is an error, since a misspelt limit would otherwise limit nothing. */
export const configSchema = z.strictObject({
  default_provider: documented(text(textProblem).optional(), {
    variable: 'DEFAULT_PROVIDER',
    fallback: 'the first provider',
    meaning: 'The provider that gets model names which no catalogue knows.',
  }),
  passthrough: documented(text(textProblem).optional(), {
    variable: 'PASSTHROUGH',
    fallback: 'off',
    meaning:
      'The provider that gets the endpoints under `/v1` which Weir does not understand, such as files and batches. What they create is shared by all callers.',
  }),
  models,
  providers: documented(
    z
      .record(text(providerIdProblem), providerSchema, {
        error: 'must be a mapping: the name of each provider, and its keys below it',
      })
      .default({}),
    {
      meaning:
        'The upstream accounts, each under a name of lower-case letters, digits and `-`. The first is the default provider.',
    },
  ),
  access,
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

/** A configuration with its defaults filled in. */
export type CompleteConfig = z.output<typeof configSchema>

/** In USD; tokens by the million. */
export type PriceConfig = z.output<typeof price>
