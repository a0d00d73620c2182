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
  textProblem,
  tokenProblem,
} from '../schema/text-problems.ts'
import { bytes, choice, count, delay, flag, list, mapOf, section, text } from '../schema/value-schemas.ts'
import { defaults } from './defaults.ts'
import { meteringSchema, pricesSchema } from './metering-schema.ts'
import { providerSchema, timeoutSchemas } from './provider-schema.ts'
import { imagesSchema, sessionsSchema, storageSchema } from './storage-schema.ts'

const models = section(
  {
    strict: documented(flag().default(false), {
      variable: 'MODELS_STRICT',
      meaning:
        'Answer 404 to a model that no catalogue and no configuration knows, and suggest the nearest names. Otherwise it goes to the default provider.',
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
      otherwise: 'none',
      meaning:
        'The one secret that every caller sends as `Authorization: Bearer …`. At least 8 characters, not a sample.',
    }),
    token_env: documented(text(textProblem).optional(), {
      otherwise: 'none',
      meaning: 'The name of another environment variable that holds the token.',
    }),
    admin_token: documented(text(adminTokenProblem).optional(), {
      variable: 'ADMIN_TOKEN',
      otherwise: 'made at the first start on Node, when listening on loopback and with storage; else none',
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
      otherwise:
        '`true` on Node when listening on loopback without a token and `NODE_ENV` is not `production`, else `false`',
      meaning:
        'Let a caller send an OpenAI key of their own in `x-openai-key`. It is used for that call and never logged.',
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

const limits = section(
  {
    body_bytes: documented(bytes().default(defaults.limits.bodyBytes), {
      variable: 'MAX_BODY_BYTES',
      unit: 'bytes',
      meaning: 'The longest body of a call. Longer ones get 413.',
    }),
    media_body_bytes: documented(bytes(bounds.streamedBytes).default(defaults.limits.mediaBodyBytes), {
      unit: 'bytes',
      meaning: 'The longest body of a call with audio or pictures, which is streamed through.',
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
      meaning: 'The longest single event of a stream.',
    }),
    media_event_bytes: documented(bytes().default(defaults.limits.mediaEventBytes), {
      unit: 'bytes',
      meaning: 'The longest single event of a stream of pictures or audio.',
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
      meaning: 'What the provider gets to close by itself after its last event.',
    }),
  },
  'How streams are kept alive and cut.',
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
      otherwise: 'scheme and host of each request',
      meaning:
        'Scheme and host under which callers reach this server, such as `https://ai.example.com`. URLs of kept images begin with it.',
    }),
    drain_ms: documented(delay().default(defaults.server.drainMs), {
      variable: 'DRAIN_MS',
      unit: 'ms',
      meaning:
        'What running calls get to finish after SIGTERM (Node). The process manager must allow more, such as `terminationGracePeriodSeconds` or `docker stop --time`.',
    }),
  },
  'Where this server listens.',
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
    otherwise: 'the first provider',
    meaning: 'The provider that gets model names which no catalogue knows.',
  }),
  passthrough: documented(text(textProblem).optional(), {
    variable: 'PASSTHROUGH',
    otherwise: 'off',
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
  limits,
  timeouts,
  streams,
  storage: storageSchema,
  sessions: sessionsSchema,
  images: imagesSchema,
  metering: meteringSchema,
  prices: pricesSchema,
  server,
  log,
})

/** What an operator writes; every key may be left out. */
export type Config = z.input<typeof configSchema>

/** The same with the defaults filled in. */
export type CompleteConfig = z.output<typeof configSchema>
