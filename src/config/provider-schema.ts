import * as z from 'zod'
import { isNeverForwarded } from '../providers/forward-headers.ts'
import type { ProviderKind } from '../providers/provider-kind.ts'
import { fallbackKind, providerKinds } from '../providers/provider-kinds.ts'
import { documented, readDocumentation } from '../schema/key-documentation.ts'
import {
  baseUrlProblem,
  emptyProblem,
  headerNameProblem,
  headerValueProblem,
  ownProxyProblem,
  secretProblem,
} from '../schema/text-problems.ts'
import { choice, delay, flag, list, multiplier, sectionError, string } from '../schema/value-schemas.ts'

const meanings = {
  connect_ms: 'Maximum time to establish the connection, TLS included.',
  first_byte_ms:
    'Maximum time from the request to the first byte of the response. Without streaming that byte arrives after the whole completion.',
  idle_ms: 'Maximum time between two events with content. Comments and empty events do not count.',
  total_ms: 'Maximum time of the whole call.',
}

/** The four timeouts; each takes its default. */
export const timeoutSchemas = {
  connect_ms: timeoutWithDefault('connect_ms'),
  first_byte_ms: timeoutWithDefault('first_byte_ms'),
  idle_ms: timeoutWithDefault('idle_ms'),
  total_ms: timeoutWithDefault('total_ms'),
}

const ownTimeouts = z.strictObject(
  {
    connect_ms: ownTimeout('connect_ms'),
    first_byte_ms: ownTimeout('first_byte_ms'),
    idle_ms: ownTimeout('idle_ms'),
    total_ms: ownTimeout('total_ms'),
  },
  { error: sectionError },
)

const forwardHeaders = z.strictObject(
  {
    allow: documented(list(string(allowedHeaderProblem)).default([]), {
      meaning:
        'Names of headers to forward although they are dropped by default, such as `traceparent`, `user-agent` or `openai-project`. `*` matches any characters. Credentials, cookies, and the headers of a connection or a body are never forwarded.',
    }),
    deny: documented(list(string(headerNameProblem)).default([]), {
      meaning: 'Names of headers to drop although they are forwarded by default. Wins over `allow`.',
    }),
  },
  { error: sectionError },
)

const kinds: readonly ProviderKind[] = providerKinds
const withAddress = namesOf(({ baseUrl }) => baseUrl !== undefined)

/**
 * One upstream account. A key that only some kinds have lists these kinds in its documentation, and is refused for the
 * others.
 */
export const providerSchema = z.strictObject(
  {
    kind: documented(choice(providerKinds.map(({ kind }) => kind)).optional(), {
      fallback: `the provider’s name if it is a kind, else \`${fallbackKind.kind}\``,
      meaning: [
        'Which API and authentication the provider uses.',
        ...kinds.flatMap(({ kind, description }) =>
          description === undefined ? [] : `\`${kind}\` is ${description}.`,
        ),
      ].join(' '),
    }),
    api_key: documented(string(secretProblem).optional(), {
      fallback: 'none',
      kinds: withAddress,
      meaning: `API key of the provider. Prefer the environment: \`\${GROQ_API_KEY}\`, or \`api_key_env\`.`,
    }),
    api_key_env: documented(string(emptyProblem).optional(), {
      fallback: 'none',
      kinds: withAddress,
      meaning: 'Name of the environment variable that holds the API key.',
    }),
    caller_credentials: documented(choice(['replace', 'pass']).optional(), {
      fallback: '`replace`',
      kinds: withAddress,
      meaning:
        'Whose credential a call is sent with. `replace`: that of this server. `pass`: the caller’s own, such as the login of a subscription, in the header that the provider’s API takes; the key of Weir is then in `x-weir-key`. Such a provider has no `api_key`.',
    }),
    base_url: documented(string(baseUrlProblem).optional(), {
      fallback: `${kinds
        .flatMap(({ kind, name, baseUrl }) => (baseUrl?.default === undefined ? [] : `${name ?? kind}’s`))
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')} own URL; required for the other kinds`,
      kinds: withAddress,
      meaning: [
        'URL of the API, up to and including `/v1`.',
        ...kinds.flatMap(({ kind, baseUrl }) =>
          baseUrl?.meaning === undefined ? [] : `For \`${kind}\`: ${baseUrl.meaning}.`,
        ),
        'Use https, except within your own network.',
      ].join(' '),
    }),
    headers: documented(
      z
        .record(string(headerNameProblem), string(headerValueProblem), {
          error: 'must be a mapping of header names to values',
        })
        .optional(),
      {
        fallback: 'none',
        kinds: withAddress,
        meaning:
          'Headers to send with every call to the provider. Weir redacts their values in responses like keys, except for headers that only identify the client, such as `user-agent`.',
      },
    ),
    forward_headers: documented(forwardHeaders.optional(), {
      fallback: 'as described',
      kinds: withAddress,
      meaning:
        'Which request headers Weir forwards to the provider. By default all, except: credentials and cookies; hop-by-hop headers; addresses and proxies; headers that browsers add; headers that choose the account to bill, unless the caller’s own key pays; trace headers; Weir’s own.',
    }),
    models: documented(list(string(emptyProblem)).default([]), {
      meaning:
        'Models of the provider beyond those that Weir knows. `/v1/models` lists them, and callers may request them without the prefix `name/`.',
    }),
    timeouts: documented(ownTimeouts.optional(), { fallback: '`timeouts`', meaning: 'Timeouts of this provider.' }),
    proxy: documented(string(ownProxyProblem).optional(), {
      fallback: '`proxy`, except for a provider on this machine',
      kinds: withAddress,
      meaning:
        'HTTP proxy for calls to this provider (Node), such as `http://user:password@proxy.example.com:3128`; `none` connects directly. Wins over `proxy`.',
    }),
    on_caller_gone: documented(choice(['abort', 'drain']).optional(), {
      fallback: [
        '`abort`',
        ...kinds.flatMap(({ kind, onCallerGone }) => (onCallerGone === 'drain' ? `\`drain\` for \`${kind}\`` : [])),
      ].join(', '),
      meaning:
        'Policy for a response whose caller disconnects: `abort` closes the connection to the provider too; `drain` reads on, for at most `streams.drain_ms`. Use `drain` for providers that charge for the whole completion anyway.',
    }),
    stream_options: documented(flag().optional(), {
      fallback: [
        '`true`',
        ...kinds.flatMap(({ kind, streamOptions }) =>
          streamOptions !== 'unknown' && !streamOptions.areAccepted ? [`\`false\` for \`${kind}\``] : [],
        ),
      ].join(', '),
      kinds: withAddress,
      meaning:
        'Whether the provider accepts `stream_options`, with which streams report their tokens. Set `false` for a server that answers 400 to it. If unset, Weir sends it until the provider refuses it once.',
    }),
    price_multiplier: documented(multiplier().optional(), {
      fallback: '1',
      kinds: withAddress,
      meaning:
        'Factor on Weir’s built-in prices of the provider’s models: 1.1 for a region that costs a tenth more, 0.9 for a discount. It does not change the price of searches, nor the prices under `prices`.',
    }),
    ...ownKeys(),
  },
  { error: sectionError },
)

export type ProviderConfig = z.output<typeof providerSchema>

/** The keys of all kinds in one type: turns `A | B` into `A & B`. */
type EveryKey<Keys> = (Keys extends unknown ? (keys: Keys) => void : never) extends (keys: infer All) => void
  ? All
  : never

/** Returns the keys that kinds add, those of the fallback kind first. Kinds may share a key with one schema. */
function ownKeys(): EveryKey<(typeof providerKinds)[number]['configSchema']> {
  const schemas = Object.assign({}, fallbackKind.configSchema, ...kinds.map(({ configSchema }) => configSchema))
  for (const [name, schema] of Object.entries<z.ZodType>(schemas)) {
    const documentation = readDocumentation(schema)
    if (documentation !== undefined)
      documented(schema, { ...documentation, kinds: namesOf(({ configSchema }) => Object.hasOwn(configSchema, name)) })
  }
  return schemas
}

function namesOf(isIncluded: (kind: ProviderKind) => boolean): readonly string[] {
  return kinds.filter(isIncluded).map(({ kind }) => kind)
}

function timeoutWithDefault(name: keyof typeof meanings) {
  return (defaultMs: number) => documented(delay().default(defaultMs), { unit: 'ms', meaning: meanings[name] })
}

function ownTimeout(name: keyof typeof meanings) {
  return documented(delay().optional(), { unit: 'ms', fallback: `\`timeouts.${name}\``, meaning: meanings[name] })
}

function allowedHeaderProblem(name: string): string | undefined {
  const problem = headerNameProblem(name)
  if (problem !== undefined || !isNeverForwarded(name.toLowerCase())) return problem
  return 'is never forwarded, because it holds a credential or belongs to one connection. Remove it, or set a fixed value under `headers`'
}
