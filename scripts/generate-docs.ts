import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { type ConfigKey, configKeys } from '../src/config/config-keys.ts'
import { extraVariables, providerVariables } from '../src/config/environment.ts'
import { configSchema } from '../src/config/schema.ts'
import { errorTable } from '../src/core/errors.ts'
import { readDocumentation } from '../src/schema/key-documentation.ts'
import { pairs } from './dialects/classify-fields.ts'
import { chineseWords, englishWords } from './dialects/page-words.ts'
import {
  errorsFile,
  outcomesFileOf,
  renderDialects,
  renderErrorOutcomes,
  renderOutcomes,
  renderReplyOutcomes,
} from './dialects/render-dialects.ts'
import { renderClientModule } from './render-client-module.ts'
import { renderFaults } from './render-faults.ts'
import { renderGraphqlModule } from './render-graphql-module.ts'
import { withMoneyBounds } from './render-money-bounds.ts'
import { withPagePrices } from './render-page-prices.ts'
import { withWorkedExamples } from './worked-examples.ts'

// Writes the generated files: parts of docs/, the module of the GraphQL schema, and that of the client for pages. A test
// fails while they are outdated.
if (import.meta.main) {
  await writeFile(new URL('../docs/configuration.md', import.meta.url), renderConfiguration())
  await writeFile(new URL('../docs/weir.config.schema.json', import.meta.url), renderConfigSchema())
  await writeFile(new URL('../docs/errors.md', import.meta.url), renderErrors())
  await writeFile(new URL('../docs/faults.md', import.meta.url), renderFaults(join(import.meta.dirname, '..')))
  const folder = new URL('../test/translation/outcomes/', import.meta.url)
  for (const pair of pairs) {
    await writeFile(new URL(outcomesFileOf(pair, 'requests'), folder), renderOutcomes(pair))
    await writeFile(new URL(outcomesFileOf(pair, 'replies'), folder), renderReplyOutcomes(pair))
  }
  await writeFile(new URL(errorsFile, folder), renderErrorOutcomes())
  await writeFile(new URL('../docs/dialects.md', import.meta.url), renderDialects(englishWords))
  await writeFile(new URL('../docs/dialects.zh-CN.md', import.meta.url), renderDialects(chineseWords))
  const money = new URL('../docs/money.md', import.meta.url)
  await writeFile(money, withWorkedExamples(withMoneyBounds(await readFile(money, 'utf8'))))
  const prices = new URL('../docs/prices.md', import.meta.url)
  await writeFile(prices, withPagePrices(await readFile(prices, 'utf8')))
  const schema = await readFile(new URL('../src/graphql/schema.graphql', import.meta.url), 'utf8')
  await writeFile(new URL('../src/graphql/schema.generated.ts', import.meta.url), renderGraphqlModule(schema))
  await writeFile(new URL('../src/http/client.generated.ts', import.meta.url), await renderClientModule())
}

/** Renders docs/configuration.md. */
export function renderConfiguration(): string {
  const topLevel = configKeys.filter((key) => key.path.length === 1)
  const sections = topLevel
    .filter((key) => key.type === 'section')
    .map(({ path, documentation }) => {
      const inside = configKeys.filter((key) => key.path[0] === path[0] && key.path.length > 1)
      return `## ${code(path.join('.'))}\n\n${documentation.meaning}\n\n${renderKeys(inside)}`
    })
  const variables = [
    ...providerVariables.map(({ name, provider, key, meaning }) => [
      code(name),
      code(`providers.${provider}.${key}`),
      meaning,
    ]),
    ...configKeys.flatMap(({ path, documentation }) =>
      documentation.variable === undefined
        ? []
        : [[code(documentation.variable), code(path.join('.')), documentation.meaning]],
    ),
    ...extraVariables.map(({ name, meaning }) => [code(name), '', meaning]),
  ]
  return `# Configuration

<!-- Written by scripts/generate-docs.ts from the schema in src/config. Change it there, then run: node scripts/generate-docs.ts -->

Weir runs on environment variables alone, or with a file \`weir.config.yaml\` (\`.yml\`, \`.json\`, \`.ts\` or \`.mjs\`) in the working directory,
or at the path in \`--config\` or \`WEIR_CONFIG\`. Every key is optional. A variable takes precedence over the file, and the file over the default.
A provider's key is the exception: the file's key wins, because it belongs to the other settings of that entry.

Weir checks the whole configuration before it starts. If anything is wrong, it does not start, and lists every problem with its path and
the value to set instead. \`weir check-config\` reports the same problems without starting, and leaves nothing behind. It also checks that the storage can be
used, its migrations can be applied, and the address can be listened on. A port in use is not a problem, because the running server may use it.

\`\`\`yaml
providers:
  openai: {}                       # the key comes from OPENAI_API_KEY
  groq:
    base_url: https://api.groq.com/openai/v1
    api_key: \${GROQ_API_KEY}       # any string may contain variables
    models: [llama-3.3-70b-versatile]
  ollama:
    base_url: http://localhost:11434/v1
default_provider: groq
models:
  aliases:
    fast: groq/llama-3.3-70b-versatile
access:
  token: \${TOKEN}
cors:
  origins: [https://app.example.com]
\`\`\`

- Weir replaces \`\${NAME}\` in any string with that variable. An unset variable is a problem. \`$\${NAME}\` stands for a literal \`\${NAME}\`.
- An empty variable counts as unset. An empty secret in the file is a problem.
- A boolean variable takes \`true\`, \`1\`, \`yes\`, \`on\` and \`false\`, \`0\`, \`no\`, \`off\`.
- In development, Weir reads \`.env\` and then \`.dev.vars\` from the same folder. The real environment takes precedence. With \`NODE_ENV=production\` it reads neither.
- A file may hold a variable: \`TOKEN_FILE=/run/secrets/token\` sets \`TOKEN\`. This works for each variable on this page and each that the file names
  (\`\${NAME}\`, \`api_key_env\`). Weir trims the value. Setting both \`TOKEN\` and \`TOKEN_FILE\` is a problem.
- Editors complete and check the file with [its JSON Schema](weir.config.schema.json). For the YAML language server, add this first line:
  \`# yaml-language-server: $schema=./docs/weir.config.schema.json\`, with the path to the schema; in the package it is
  \`node_modules/weir/docs/weir.config.schema.json\`. The schema checks names, types, ranges and defaults; \`weir check-config\` checks the rest.
- A \`weir.config.ts\` or \`weir.config.mjs\` exports the configuration: \`export default { … }\`.
- Workers have no file: set \`WEIR_CONFIG\` to the configuration as JSON. Store keys as secrets (\`wrangler secret put OPENAI_API_KEY\`).

## While the server runs

On SIGHUP the server reloads its configuration: the file, \`.env\` and \`.dev.vars\`, and the files of variables. It cannot reload its own environment.
Running calls finish with the configuration that they started with. New calls use the new one, in all worker processes, including those that start later.

- One log line lists the keys that have changed, never their values:
  \`{"level":"info","event":"reload","changed":["access.token","providers.openai.api_key"]}\`.
- An invalid configuration is rejected as a whole: the line has the message of \`weir check-config\` as its \`cause\`, and the previous configuration stays. Run \`weir check-config\` first.
- \`server.host\`, \`server.port\`, \`server.max_buffered_bytes\`, \`storage.path\` and \`metering.enabled\` change only at a restart; the line lists
  those that differ as \`needs_restart\`. \`WORKERS\` and the command's options need a restart too.
- A \`weir.config.ts\` or \`.mjs\` runs again; the modules that it imports do not.
- A changed \`access.token\` is a different caller: it cannot read the sessions of the old token. Keys, balances and records stay.
- A server whose terminal is closed receives the same signal and stops, as after SIGTERM.

\`\`\`sh
kill -HUP "$PID"                        # with --workers, the process that you started
docker kill --signal=HUP weir
\`\`\`

For \`systemctl reload\`, set \`ExecReload=/bin/kill -HUP $MAINPID\` in a unit that starts Node itself, as the Dockerfile does. SIGUSR2 replaces the worker processes one after
another; use it for a new release in the same folder. It has no effect on a single process. On Workers, a new secret or variable creates a new version.

## The demo

Without any provider, on Node and listening on loopback, Weir uses the embedded provider \`demo\`. You can build a page before you have a key.
\`npm run dev:worker\` includes it too. A deployed Worker includes it only after \`npm run deploy -- --demo\`, and with the variable \`DEMO=true\`.

The demo serves every endpoint that Weir understands, offline and free, with OpenAI's fields and the same values every time:
- A chat repeats the prompt, word by word in a stream. One word is one token. It calls the first function in \`tools\`, or the one in \`tool_choice\`.
- Function arguments and structured output match their JSON schema. The demo replaces a \`pattern\` by plain text, and ignores
  \`uniqueItems\`, \`contains\`, \`patternProperties\`, \`not\` and \`if\`.
- Inputs that share words have similar embeddings. A moderation flags an input that names a category, such as \`violence\`.
- Every image is the same PNG of 1024x1024, for any prompt and \`size\`. Speech is a tone, as WAV or \`pcm\`. A transcription reports the number of bytes.
- The model's name simulates faults: \`demo/error-429\` (any status from 400 to 599), \`demo/delay-2000\` (milliseconds), \`demo/slow\`, \`demo/silent\`,
  and \`demo/cut\`, which ends in the middle.

## Headers of callers

Weir forwards a caller's headers unchanged to the provider, because affinity, beta and session headers control prompt caches and features. It does not forward these:

| kind | examples |
| --- | --- |
| credentials, cookies, and a proxy's claims about the caller | \`authorization\`, \`x-api-key\`, \`cookie\`, any name with the part \`token\`, \`secret\`, \`auth\`, \`key\` or \`bypass\` (except \`idempotency-key\` and cache keys), those of other gateways (\`x-portkey-…\`, \`x-bf-…\`), \`x-user-…\`, \`remote-user\` |
| hop-by-hop headers, and those that \`Connection\` names (on Workers, Cloudflare removes these) | \`te\`, \`upgrade\`, \`proxy-…\` |
| forwarding and addresses | \`forwarded\`, \`via\`, \`x-forwarded-…\`, \`x-real-ip\`, \`cf-…\`; \`x-original-url\` and \`x-http-method-override\`, which some servers obey |
| browser headers | \`origin\`, \`referer\`, \`user-agent\`, \`accept-language\`, \`sec-…\` |
| body and connection headers, which Weir writes itself | \`host\`, \`accept-encoding\`, \`content-…\` |
| ranges and conditions, except on relayed endpoints (\`passthrough\`) | \`range\`, \`if-none-match\` |
| selection of the account to bill, except on calls with the caller's own key | \`openai-organization\`, \`openai-project\`, \`x-goog-user-project\`, \`x-amz-…\` |
| traces | \`traceparent\`, \`baggage\`, \`x-b3-…\` |
| Weir's own | \`x-weir-…\`, \`x-request-id\`, \`cf-aig-…\`, \`x-session-id\` with the id of a Weir session |

\`providers.<name>.forward_headers\` adds and removes names for one provider:

\`\`\`yaml
providers:
  openai:
    forward_headers:
      allow: [traceparent, tracestate]
      deny: [x-title, x-stainless-*]
\`\`\`

Of a response's headers, Weir forwards only those known for its format: never cookies, and no account or server names. Relayed downloads keep
\`content-range\`, \`accept-ranges\`, \`etag\`, \`last-modified\`, and \`content-length\` if Weir passes the bytes unchanged.

## Top level

${renderKeys(topLevel.filter((key) => key.type !== 'section'))}
${sections.join('\n')}
## Environment variables

${toTable(['variable', 'key', 'meaning'], variables)}`
}

function renderKeys(keys: readonly ConfigKey[]): string {
  const rows = keys.map((key) => {
    const { variable, meaning, kinds } = key.documentation
    return [
      code(key.path.join('.').replaceAll('.[]', '[]')),
      toType(key),
      toDefault(key),
      variable === undefined ? '' : code(variable),
      kinds === undefined ? meaning : `${meaning} Kinds: ${kinds.map(code).join(', ')}.`,
    ]
  })
  return toTable(['key', 'type', 'default', 'variable', 'meaning'], rows)
}

function toType({ type, choices, documentation }: ConfigKey): string {
  if (type === 'choice') return choices.map(code).join(', ')
  if (type === 'section') return documentation.isWhole === true ? 'mapping' : 'keys below'
  return documentation.unit === undefined ? type : `${type} (${documentation.unit})`
}

/** Formats a default, with a larger unit in parentheses: `600000` (10 min). */
function toDefault({ default: value, documentation: { unit, fallback } }: ConfigKey): string {
  if (value === undefined) return fallback ?? ''
  const written = code(typeof value === 'string' ? value : JSON.stringify(value))
  if (typeof value !== 'number' || unit === undefined) return written
  if (unit === 'bytes') return `${written} (${value / 1_024 ** 2} MiB)`
  return `${written} (${value % 60_000 === 0 ? `${value / 60_000} min` : `${value / 1_000} s`})`
}

/** Renders docs/weir.config.schema.json, with which an editor completes and checks `weir.config.yaml`. */
export function renderConfigSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      // An omitted section equals an empty one; the schema need not state that default.
      if (zodSchema instanceof z.ZodPrefault) delete jsonSchema.default
      const documentation = readDocumentation(zodSchema)
      if (documentation === undefined) return
      const { meaning, unit, variable, fallback, kinds } = documentation
      jsonSchema.description = [
        meaning,
        ...(unit === undefined ? [] : [`In ${unit}.`]),
        ...(fallback === undefined ? [] : [`Default: ${fallback}.`]),
        ...(kinds === undefined ? [] : [`Kinds: ${kinds.join(', ')}.`]),
        ...(variable === undefined ? [] : [`Variable: ${variable}.`]),
      ].join(' ')
    },
  })
  const comment = 'Written by scripts/generate-docs.ts from the schema in src/config. Change it there.'
  return `${JSON.stringify({ $schema, $comment: comment, title: 'weir.config.yaml', ...schema }, null, 2)}\n`
}

/** Renders docs/errors.md. */
export function renderErrors(): string {
  const rows = Object.entries(errorTable)
    .sort(([, left], [, right]) => left.status - right.status)
    .map(([name, { status, type, meaning }]) => [code(name), String(status), code(type), meaning])
  return `# Errors

<!-- Written by scripts/generate-docs.ts from src/core/errors.ts. Change it there, then run: node scripts/generate-docs.ts -->

Every error under \`/v1\` has OpenAI's format, and OpenAI's SDKs raise their usual exceptions:

\`\`\`json
{"error": {"message": "…", "type": "invalid_request_error", "param": null, "code": "invalid_json"}}
\`\`\`

These are Weir's own errors. Weir forwards a provider's error with its own status and body, with one exception: if the
provider refuses the country that the call is sent from, Weir appends advice for the operator to the message
([the cause and the remedy](./cloudflare.md#regions)) and tries the next target of the call.

${toTable(['code', 'status', 'type', 'meaning'], rows)}`
}

function code(value: string): string {
  return `\`${value}\``
}

/** Renders a Markdown table. */
function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`).join('')
}
