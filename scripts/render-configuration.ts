import { type ConfigKey, configKeys } from '../src/config/config-keys.ts'
import { otherVariables, providerVariables } from '../src/config/environment.ts'
import { toTable } from './to-table.ts'

const introduction = `# Configuration

<!-- Written by scripts/generate-docs.ts from the schema in src/config. Change it there, then run: node scripts/generate-docs.ts -->

Weir runs on environment variables alone, or with a file \`weir.config.yaml\` (\`.yml\`, \`.json\`, \`.ts\` or \`.mjs\`) in the folder where it is
started, or wherever \`--config\` or \`WEIR_CONFIG\` points to. Every key may be left out. Where the same thing is said twice, a variable wins
over the file and the file over the default; only a provider's key stays the file's, since it belongs to what else stands there.

The whole of it is checked before the server starts. If anything is wrong, it does not start and lists every problem with its place and what
to write instead. \`weir check-config\` does only that.

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
- An editor completes and checks the file by [its JSON Schema](weir.config.schema.json). With the YAML language server, write into the first line
  \`# yaml-language-server: $schema=./docs/weir.config.schema.json\`, or the path that leads there; in the package it is
  \`node_modules/weir/docs/weir.config.schema.json\`. The schema knows names, types, ranges and defaults; \`weir check-config\` knows the rest.
- In \`weir.config.ts\`, \`export default defineConfig({ … })\` gives the editor the types.
- On Workers there is no file: put it as JSON into \`WEIR_CONFIG\`. Keys go into secrets (\`wrangler secret put OPENAI_API_KEY\`).

Without any provider, on Node and listening on loopback, the embedded provider \`demo\` answers, so that a page can be built before there is a key.
`

/** The text of docs/configuration.md. */
export function renderConfiguration(): string {
  const topLevel = configKeys.filter((key) => key.path.length === 1)
  const sections = topLevel.filter((key) => key.type === 'section')
  const parts = [
    introduction,
    `## Top level\n\n${renderKeys(topLevel.filter((key) => key.type !== 'section'))}`,
    ...sections.map((section) => {
      const inside = configKeys.filter((key) => key.path[0] === section.path[0] && key.path.length > 1)
      return `## ${code(section.path.join('.'))}\n\n${section.documentation.meaning}\n\n${renderKeys(inside)}`
    }),
    `## Environment variables\n\n${renderVariables()}`,
  ]
  return `${parts.join('\n')}`
}

function renderKeys(keys: readonly ConfigKey[]): string {
  const rows = keys.map((key) => [
    code(key.path.join('.')),
    toType(key),
    toDefault(key),
    key.documentation.variable === undefined ? '' : code(key.documentation.variable),
    toMeaning(key),
  ])
  return toTable(['key', 'type', 'default', 'variable', 'meaning'], rows)
}

function renderVariables(): string {
  const rows = [
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
  return toTable(['variable', 'key', 'meaning'], rows)
}

function toType({ type, choices, documentation }: ConfigKey): string {
  if (type === 'choice') return choices.map(code).join(', ')
  if (type === 'section') return 'keys below'
  return documentation.unit === undefined ? type : `${type} (${documentation.unit})`
}

function toDefault({ default: value, documentation }: ConfigKey): string {
  if (value === undefined) return documentation.otherwise ?? ''
  if (typeof value !== 'number' || documentation.unit === undefined)
    return code(typeof value === 'string' ? value : JSON.stringify(value))
  return `${code(String(value))} (${documentation.unit === 'bytes' ? `${value / 1_024 ** 2} MiB` : toDuration(value)})`
}

function toDuration(milliseconds: number): string {
  return milliseconds % 60_000 === 0 ? `${milliseconds / 60_000} min` : `${milliseconds / 1_000} s`
}

function toMeaning({ documentation }: ConfigKey): string {
  const { kinds, meaning } = documentation
  if (kinds === undefined) return meaning
  return `${meaning} Kinds: ${kinds.map(code).join(', ')}.`
}

function code(text: string): string {
  return `\`${text}\``
}
