import * as z from 'zod'
import { documented, providerKinds } from '../schema/key-documentation.ts'
import {
  baseUrlProblem,
  headerNameProblem,
  headerValueProblem,
  secretProblem,
  textProblem,
} from '../schema/text-problems.ts'
import { choice, count, delay, flag, list, mapOf, sectionError, text } from '../schema/value-schemas.ts'
import { defaults } from './defaults.ts'

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

const withAddress = ['openai', 'deepinfra', 'azure', 'custom'] as const

/** One upstream account. Keys that only some kinds have say so in their documentation, and are refused for the others. */
export const providerSchema = z.strictObject(
  {
    kind: documented(choice(providerKinds).optional(), {
      otherwise: 'the provider’s name if it is one of these, else `custom`',
      meaning:
        'How it is spoken to. `custom` is any server with OpenAI’s API, such as Ollama, vLLM, Groq or OpenRouter.',
    }),
    api_key: documented(text(secretProblem).optional(), {
      otherwise: 'none',
      kinds: withAddress,
      meaning: `Its key. Better kept in the environment: \`\${GROQ_API_KEY}\`, or \`api_key_env\`.`,
    }),
    api_key_env: documented(text(textProblem).optional(), {
      otherwise: 'none',
      kinds: withAddress,
      meaning: 'The name of the environment variable that holds its key.',
    }),
    base_url: documented(text(baseUrlProblem).optional(), {
      otherwise: 'OpenAI’s or DeepInfra’s own; the others need one',
      kinds: withAddress,
      meaning:
        'Where it is reached, up to and with `/v1`. For `azure` the endpoint of the resource. Prefer https; http is for your own network.',
    }),
    headers: documented(
      z
        .record(text(headerNameProblem), text(headerValueProblem), {
          error: 'must be a mapping of header names to values',
        })
        .optional(),
      {
        otherwise: 'none',
        kinds: withAddress,
        meaning: 'Headers that go with every call to it.',
      },
    ),
    models: documented(list(text(textProblem)).default([]), {
      meaning:
        'Its models, beyond those that Weir knows. They are listed in `/v1/models` and found without the prefix `name/`.',
    }),
    timeouts: documented(ownTimeouts.optional(), { otherwise: '`timeouts`', meaning: 'Its own timeouts.' }),
    on_caller_gone: documented(choice(['abort', 'drain']).default('abort'), {
      meaning:
        'What becomes of an answer whose caller leaves. `abort` ends it at the provider too; `drain` reads on, for at most `streams.drain_ms`, for providers that charge for the whole all the same.',
    }),
    stream_options: documented(flag().optional(), {
      otherwise: '`true`',
      kinds: ['custom'],
      meaning: '`false` for a server that answers 400 to `stream_options`, through which streams report their tokens.',
    }),
    api_version: documented(text(textProblem).optional(), {
      otherwise: `\`${defaults.azureApiVersion}\``,
      kinds: ['azure'],
      meaning: 'The version of Azure’s API.',
    }),
    deployments: documented(mapOf(text(textProblem)).optional(), {
      otherwise: 'none',
      kinds: ['azure'],
      meaning: '`model: deployment`. A model that is not named here is its own deployment.',
    }),
    word_delay_ms: documented(count(0, 60_000).optional(), {
      otherwise: `\`${defaults.demo.wordDelayMs}\``,
      kinds: ['demo'],
      unit: 'ms',
      meaning: 'The pause between two words of a stream; 0 is instant.',
    }),
  },
  { error: sectionError },
)

export type ProviderConfig = z.output<typeof providerSchema>

function timeoutWithDefault(name: keyof typeof meanings) {
  return (defaultMs: number) => documented(delay().default(defaultMs), { unit: 'ms', meaning: meanings[name] })
}

function ownTimeout(name: keyof typeof meanings) {
  return documented(delay().optional(), { unit: 'ms', otherwise: `\`timeouts.${name}\``, meaning: meanings[name] })
}
