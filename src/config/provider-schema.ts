import * as z from 'zod'
import { isNeverForwarded } from '../providers/forward-headers.ts'
import type { ProviderKind } from '../providers/provider-kind.ts'
import { fallbackKind, providerKinds } from '../providers/provider-kinds.ts'
import { documented, readDocumentation } from '../schema/key-documentation.ts'
import {
  baseUrlProblem,
  headerNameProblem,
  headerValueProblem,
  ownProxyProblem,
  secretProblem,
  textProblem,
} from '../schema/text-problems.ts'
import { choice, delay, flag, list, multiplier, sectionError, text } from '../schema/value-schemas.ts'

const meanings = {
  connect_ms: 'Until the connection stands, TLS included.',
  first_byte_ms:
    'From the request to the first byte of the answer. Without streaming the model thinks to the end first.',
  idle_ms: 'Between two events with content. Comments and empty events do not count.',
  total_ms: 'For the whole call.',
}

/** The four timeouts, each with its default. */
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
    allow: documented(list(text(allowedHeaderProblem)).default([]), {
      meaning:
        'Names of headers that are sent although they usually stay, such as `traceparent`, `user-agent` or `openai-project`. `*` stands for any text. Credentials, cookies, and headers that a connection or a body brings are never sent.',
    }),
    deny: documented(list(text(headerNameProblem)).default([]), {
      meaning: 'Names of headers that stay although they are usually sent. Goes before `allow`.',
    }),
  },
  { error: sectionError },
)

const kinds: readonly ProviderKind[] = providerKinds
const withAddress = namesOf(({ baseUrl }) => baseUrl !== undefined)

/** One upstream account. Keys that only some kinds have say so in their documentation, and are refused for the others. */
export const providerSchema = z.strictObject(
  {
    kind: documented(choice(providerKinds.map(({ kind }) => kind)).optional(), {
      fallback: `the provider’s name if it is one of these, else \`${fallbackKind.kind}\``,
      meaning: [
        'How it is spoken to.',
        ...kinds.flatMap(({ kind, description }) =>
          description === undefined ? [] : `\`${kind}\` is ${description}.`,
        ),
      ].join(' '),
    }),
    api_key: documented(text(secretProblem).optional(), {
      fallback: 'none',
      kinds: withAddress,
      meaning: `Its key. Better kept in the environment: \`\${GROQ_API_KEY}\`, or \`api_key_env\`.`,
    }),
    api_key_env: documented(text(textProblem).optional(), {
      fallback: 'none',
      kinds: withAddress,
      meaning: 'The name of the environment variable that holds its key.',
    }),
    base_url: documented(text(baseUrlProblem).optional(), {
      fallback: `${kinds
        .flatMap(({ kind, name, baseUrl }) => (baseUrl?.default === undefined ? [] : `${name ?? kind}’s`))
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')} own; the others need one`,
      kinds: withAddress,
      meaning: [
        'Where it is reached, up to and with `/v1`.',
        ...kinds.flatMap(({ kind, baseUrl }) =>
          baseUrl?.meaning === undefined ? [] : `For \`${kind}\` ${baseUrl.meaning}.`,
        ),
        'Prefer https; http is for your own network.',
      ].join(' '),
    }),
    headers: documented(
      z
        .record(text(headerNameProblem), text(headerValueProblem), {
          error: 'must be a mapping of header names to values',
        })
        .optional(),
      {
        fallback: 'none',
        kinds: withAddress,
        meaning:
          'Headers that go with every call to it. Their values are hidden in answers as keys are, unless they only say who asks, such as `user-agent`.',
      },
    ),
    forward_headers: documented(forwardHeaders.optional(), {
      fallback: 'the usual ones',
      kinds: withAddress,
      meaning:
        'Which headers of a caller it gets. Usually all but: credentials and cookies; those of one hop; addresses and proxies; a browser’s own; those that choose the account that pays, unless the caller’s own key pays; traces; Weir’s own.',
    }),
    models: documented(list(text(textProblem)).default([]), {
      meaning:
        'Its models, beyond those that Weir knows. They are listed in `/v1/models` and found without the prefix `name/`.',
    }),
    timeouts: documented(ownTimeouts.optional(), { fallback: '`timeouts`', meaning: 'Its own timeouts.' }),
    proxy: documented(text(ownProxyProblem).optional(), {
      fallback: '`proxy`, unless it is on this machine',
      kinds: withAddress,
      meaning:
        'The HTTP proxy through which it is reached (Node), such as `http://user:password@proxy.example.com:3128`; `none` for none. Goes before `proxy`.',
    }),
    on_caller_gone: documented(choice(['abort', 'drain']).optional(), {
      fallback: [
        '`abort`',
        ...kinds.flatMap(({ kind, onCallerGone }) => (onCallerGone === 'drain' ? `\`drain\` for \`${kind}\`` : [])),
      ].join(', '),
      meaning:
        'What becomes of an answer whose caller leaves. `abort` ends it at the provider too; `drain` reads on, for at most `streams.drain_ms`, for providers that charge for the whole all the same.',
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
        '`false` for a server that answers 400 to `stream_options`, through which streams report their tokens. Left out, they are sent until it refuses them once.',
    }),
    price_multiplier: documented(multiplier().optional(), {
      fallback: '1',
      kinds: withAddress,
      meaning:
        'Times what Weir’s own prices say of its models: 1.1 for a region that costs a tenth more, 0.9 for a discount. Searches, and the prices that you write under `prices`, stay as they are.',
    }),
    ...ownKeys(),
  },
  { error: sectionError },
)

export type ProviderConfig = z.output<typeof providerSchema>

/** The keys of all kinds in one type: `A | B` turned into `A & B`. */
type EveryKey<Keys> = (Keys extends unknown ? (keys: Keys) => void : never) extends (keys: infer All) => void
  ? All
  : never

/** The keys that kinds add, those of the fallback kind first. Kinds may share a key, with one schema. */
function ownKeys(): EveryKey<(typeof providerKinds)[number]['configSchema']> {
  const schemas = Object.assign({}, fallbackKind.configSchema, ...kinds.map(({ configSchema }) => configSchema))
  for (const [name, schema] of Object.entries<z.ZodType>(schemas)) {
    const documentation = readDocumentation(schema)
    if (documentation !== undefined)
      documented(schema, { ...documentation, kinds: namesOf(({ configSchema }) => Object.hasOwn(configSchema, name)) })
  }
  return schemas
}

function namesOf(isMeant: (kind: ProviderKind) => boolean): readonly string[] {
  return kinds.filter(isMeant).map(({ kind }) => kind)
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
  return 'is never sent on, since it holds a credential or belongs to one connection. Remove it; `headers` sets a header of your own'
}
