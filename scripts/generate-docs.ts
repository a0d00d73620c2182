import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { type ConfigKey, configKeys } from '../src/config/config-keys.ts'
import { otherVariables, providerVariables } from '../src/config/environment.ts'
import { configSchema } from '../src/config/schema.ts'
import { errorTable } from '../src/core/errors.ts'
import { readDocumentation } from '../src/schema/key-documentation.ts'
import { renderFaults } from './render-faults.ts'
import { renderGraphqlModule } from './render-graphql-module.ts'
import { withMoneyBounds } from './render-money-bounds.ts'
import { withPagePrices } from './render-page-prices.ts'
import { withWorkedExamples } from './worked-examples.ts'

// Writes what is made from something else: parts of docs/, and the module of the GraphQL schema. A test fails while they differ from it.
if (import.meta.main) {
  await writeFile(new URL('../docs/configuration.md', import.meta.url), renderConfiguration())
  await writeFile(new URL('../docs/weir.config.schema.json', import.meta.url), renderConfigSchema())
  await writeFile(new URL('../docs/errors.md', import.meta.url), renderErrors())
  await writeFile(new URL('../docs/faults.md', import.meta.url), renderFaults(join(import.meta.dirname, '..')))
  const money = new URL('../docs/money.md', import.meta.url)
  await writeFile(money, withWorkedExamples(withMoneyBounds(await readFile(money, 'utf8'))))
  const prices = new URL('../docs/prices.md', import.meta.url)
  await writeFile(prices, withPagePrices(await readFile(prices, 'utf8')))
  const schema = await readFile(new URL('../src/graphql/schema.graphql', import.meta.url), 'utf8')
  await writeFile(new URL('../src/graphql/schema.generated.ts', import.meta.url), renderGraphqlModule(schema))
}

/** The text of docs/configuration.md. */
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
    ...otherVariables.map(({ name, meaning }) => [code(name), '', meaning]),
  ]
  return `# Configuration

<!-- Written by scripts/generate-docs.ts from the schema in src/config. Change it there, then run: node scripts/generate-docs.ts -->

Weir runs on environment variables alone, or with a file \`weir.config.yaml\` (\`.yml\`, \`.json\`, \`.ts\` or \`.mjs\`) in the folder where it is
started, or wherever \`--config\` or \`WEIR_CONFIG\` points to. Every key may be left out. Where the same thing is said twice, a variable wins
over the file and the file over the default; only a provider's key stays the file's, since it belongs to what else stands there.

The whole of it is checked before the server starts. If anything is wrong, it does not start and lists every problem with its place and what
to write instead. \`weir check-config\` refuses what a start would refuse, in the same words, and leaves nothing behind: it also looks whether the storage can be used,
its schema can be brought up to date, and the address can be listened on. A port that is taken is no mistake, since the server itself may have it.

\`\`\`yaml
providers:
  openai: {}                       # the key comes from OPENAI_API_KEY
  groq:
    base_url: https://api.groq.com/openai/v1
    api_key: \${GROQ_API_KEY}       # any text may name variables
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

- \`\${NAME}\` in any text is replaced by that variable; one that is not set is a problem. \`$\${NAME}\` stays as \`\${NAME}\`.
- A variable that is empty counts as unset. In the file an empty secret is a problem.
- True and false may be written in a variable as \`true\`, \`1\`, \`yes\`, \`on\` and \`false\`, \`0\`, \`no\`, \`off\`.
- In development \`.env\` and then \`.dev.vars\` are read from the same folder. The real environment wins. With \`NODE_ENV=production\` they are not read.
- A variable may be in a file: \`TOKEN_FILE=/run/secrets/token\` stands for \`TOKEN\`, and so on for each variable in this page and each that the file names
  (\`\${NAME}\`, \`api_key_env\`). Space around the value is left out. Both at once are a problem.
- An editor completes and checks the file by [its JSON Schema](weir.config.schema.json). With the YAML language server, write into the first line
  \`# yaml-language-server: $schema=./docs/weir.config.schema.json\`, or the path that leads there; in the package it is
  \`node_modules/weir/docs/weir.config.schema.json\`. The schema knows names, types, ranges and defaults; \`weir check-config\` knows the rest.
- A \`weir.config.ts\` or \`weir.config.mjs\` exports the configuration: \`export default { … }\`.
- On Workers there is no file: put it as JSON into \`WEIR_CONFIG\`. Keys go into secrets (\`wrangler secret put OPENAI_API_KEY\`).

## While the server runs

SIGHUP has the server read its configuration again: the file, \`.env\` and \`.dev.vars\`, and the files of variables. Its own environment cannot be read again.
Calls under way end by the configuration that they began with; those that come next have the new one, in all worker processes and in those that start later.

- One line of the log says what has changed, by the names of keys and never with their values:
  \`{"level":"info","event":"reload","changed":["access.token","providers.openai.api_key"]}\`.
- What is wrong is refused as a whole: the line has the words of \`weir check-config\` as its \`cause\`, and the last good configuration stays. Run \`weir check-config\` first.
- \`server.host\`, \`server.port\`, \`server.max_buffered_bytes\`, \`storage.path\` and \`metering.enabled\` stay as they are until the server is started again; the line lists
  those that differ as \`needs_restart\`. So do \`WORKERS\` and the options of the command.
- A \`weir.config.ts\` or \`.mjs\` is run again; what it imports is not.
- Another \`access.token\` is another caller: sessions of the old one are not its own. Keys, balances and records stay.
- A server whose terminal was closed gets the same signal and stops, as after SIGTERM.

\`\`\`sh
kill -HUP "$PID"                        # with --workers, that of the process that was started first
docker kill --signal=HUP weir
\`\`\`

For \`systemctl reload\` a unit has \`ExecReload=/bin/kill -HUP $MAINPID\` and starts Node itself, as the Dockerfile does. SIGUSR2 replaces worker processes one after
another, which a new release in the same folder needs; a single process goes on as it is. On Workers a new secret or variable is a new version.

## The demo

Without any provider, on Node and listening on loopback, the embedded provider \`demo\` answers, so that a page can be built before there is a key.
\`npm run dev:worker\` has it too. A deployed Worker has it only after \`npm run deploy -- --demo\`, and with the variable \`DEMO=true\`.

It answers every endpoint that Weir understands, offline and free, with OpenAI's fields and the same values every time:
- A chat repeats what it was told, word by word in a stream. A token is a word. It calls the first function on offer, or the one that is asked for.
- Arguments of functions and structured output fit their JSON schema. A \`pattern\` is not followed, a plain text stands in its place; neither are
  \`uniqueItems\`, \`contains\`, \`patternProperties\`, \`not\` and \`if\`.
- Texts that share words have embeddings near each other. A moderation flags a text that names a category, such as \`violence\`.
- Every picture is the same PNG of 1024x1024, whatever the prompt and \`size\`; speech is a tone, as WAV or \`pcm\`; a transcription says how many bytes came.
- The model's name asks for trouble: \`demo/error-429\` (any status from 400 to 599), \`demo/delay-2000\` (milliseconds), \`demo/slow\`, \`demo/silent\`,
  and \`demo/cut\`, which breaks off in the middle.

## Headers of callers

A provider gets a caller's headers as they came, since affinity, betas and ids of sessions decide on prompt caches and features. These stay:

| kind | such as |
| --- | --- |
| credentials and cookies, and who the caller is by the word of a proxy | \`authorization\`, \`x-api-key\`, \`cookie\`, anything with \`token\`, \`secret\`, \`auth\`, \`key\` or \`bypass\` as a part of its name (but \`idempotency-key\` and keys of caches), those of other gateways (\`x-portkey-…\`, \`x-bf-…\`), \`x-user-…\`, \`remote-user\` |
| of one hop, and those that \`Connection\` names (on Workers, Cloudflare takes these off) | \`te\`, \`upgrade\`, \`proxy-…\` |
| forwarding and addresses | \`forwarded\`, \`via\`, \`x-forwarded-…\`, \`x-real-ip\`, \`cf-…\`; \`x-original-url\` and \`x-http-method-override\`, which some servers obey |
| a browser's | \`origin\`, \`referer\`, \`user-agent\`, \`accept-language\`, \`sec-…\` |
| of the body and the connection, which Weir writes itself | \`host\`, \`accept-encoding\`, \`content-…\` |
| ranges and conditions, but for relayed endpoints (\`passthrough\`) | \`range\`, \`if-none-match\` |
| those that choose the account that pays, but for calls with the caller's own key | \`openai-organization\`, \`openai-project\`, \`x-goog-user-project\`, \`x-amz-…\` |
| traces | \`traceparent\`, \`baggage\`, \`x-b3-…\` |
| Weir's own | \`x-weir-…\`, \`x-request-id\`, \`cf-aig-…\`, \`x-session-id\` with the id of a session of Weir's |

\`providers.<name>.forward_headers\` adds and removes names for one provider:

\`\`\`yaml
providers:
  openai:
    forward_headers:
      allow: [traceparent, tracestate]
      deny: [x-title, x-stainless-*]
\`\`\`

Of an answer only the headers that its format is known for reach the caller: never cookies, names of accounts or of servers. Relayed downloads keep
\`content-range\`, \`accept-ranges\`, \`etag\`, \`last-modified\`, and \`content-length\` where the bytes pass as they came.

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
      code(key.path.join('.')),
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
  if (type === 'section') return 'keys below'
  return documentation.unit === undefined ? type : `${type} (${documentation.unit})`
}

/** With how much that is, where the unit is small: `600000` (10 min). */
function toDefault({ default: value, documentation: { unit, fallback } }: ConfigKey): string {
  if (value === undefined) return fallback ?? ''
  const written = code(typeof value === 'string' ? value : JSON.stringify(value))
  if (typeof value !== 'number' || unit === undefined) return written
  if (unit === 'bytes') return `${written} (${value / 1_024 ** 2} MiB)`
  return `${written} (${value % 60_000 === 0 ? `${value / 60_000} min` : `${value / 1_000} s`})`
}

/** The text of docs/weir.config.schema.json, by which an editor completes and checks `weir.config.yaml`. */
export function renderConfigSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      // A section that is left out is an empty one, which is no default to write down.
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

/** The text of docs/errors.md. */
export function renderErrors(): string {
  const rows = Object.entries(errorTable)
    .sort(([, left], [, right]) => left.status - right.status)
    .map(([name, { status, type, meaning }]) => [code(name), String(status), code(type), meaning])
  return `# Errors

<!-- Written by scripts/generate-docs.ts from src/core/errors.ts. Change it there, then run: node scripts/generate-docs.ts -->

Every error under \`/v1\` has OpenAI's shape, so that its SDKs raise their usual exceptions:

\`\`\`json
{"error": {"message": "…", "type": "invalid_request_error", "param": null, "code": "invalid_json"}}
\`\`\`

These are the errors of Weir itself. What a provider answers is passed on with its own status and body.
Only where it refuses the country that the call leaves from, advice for the operator follows its message
([why, and the remedy](./cloudflare.md#regions)), and a further target of the call is tried.

${toTable(['code', 'status', 'type', 'meaning'], rows)}`
}

function code(text: string): string {
  return `\`${text}\``
}

/** A table in Markdown. */
function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`).join('')
}
