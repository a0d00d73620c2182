import { isDeepStrictEqual } from 'node:util'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { differences } from '../../test/translation/oracle-differences.ts'
import { replySamples } from '../../test/translation/samples/reply-samples.ts'
import { classifyFields, classifyReplies, type Outcomes, type Pair, pairs, samplesOf } from './classify-fields.ts'
import { isLost, isSilent, type Outcome } from './compare-fields.ts'

const introduction = `# Fields between dialects

<!-- Written by scripts/generate-docs.ts, which translates the requests in test/translation/samples. Run: npm run docs -->

A client of one dialect reaches a provider of another ([how](./decisions/0030-one-neutral-form.md)). If the provider serves the client's dialect itself,
bytes pass and nothing on this page applies. Otherwise each field of a request is one of these:

- *carried*: it has the same name and value there.
- → *a field*: its value goes there, in that dialect's form.
- *dropped*: the call is made without it, and \`x-weir-dropped\` of the response names it.
- *refused*: without it the request would mean something else. The call fails with \`field_not_translatable\` and this advice.
- Weir's own: the reason stands in the cell.

No field is silent. Brackets hold the role or type of an object: \`messages[user].content[image_url]\`. Where models differ, the cell names one of each kind.
[The tests](../test/translation/fields.test.ts) translate a request with and without each field, compare the difference with
\`test/translation/outcomes/\`, and compare this list with the types of the official SDKs: a new field fails until it is classified.
`

/** Renders docs/dialects.md. */
export function renderDialects(): string {
  const sources = [...new Set(pairs.map(({ from }) => from))]
  const tables = sources.map((from) => renderSource(pairs.filter((pair) => pair.from === from)))
  const replies = sources.map((from) => renderReplies(pairs.filter((pair) => pair.from === from)))
  return introduction + tables.join('') + replies.join('') + renderDifferences()
}

function renderReplies(targets: readonly Pair[]): string {
  const [first] = targets
  if (first === undefined) return ''
  const columns = targets.map((pair) => ({ pair, outcomes: classifyReplies(pair) }))
  const members = [...new Set(columns.flatMap(({ outcomes }) => Object.keys(outcomes)))]
  const rows = members.map((member) => {
    const cells = columns.map(({ outcomes }) => toReplyText(member, outcomes[member] ?? {}, first.from))
    return `| \`${member}\` | ${cells.join(' | ')} |\n`
  })
  const heads = columns.map(({ pair }) => `for a client of ${samplesOf(pair.to).name}`)
  return `
## Replies of ${samplesOf(first.from).name}

A member that is left out has no place there. Streams carry the same.

| member | ${heads.join(' | ')} |
| --- |${' --- |'.repeat(heads.length)}
${rows.join('')}`
}

function toReplyText(member: string, outcome: Outcome, from: Dialect): string {
  const { becomes, refused } = outcome
  if (refused !== undefined) return 'an error'
  const other = replySamples.get(from)?.valued[member.replace(/: .*/, '')]
  if (becomes === undefined) return other === undefined ? 'left out' : `as \`${JSON.stringify(other)}\``
  if (isCarried(member, outcome) && other === undefined) return 'carried'
  const shown = Object.entries(becomes).filter(([, value]) => other === undefined || typeof value === 'string')
  const targets = shown.map(([path, value]) => {
    if (value === null) return `no \`${path}\``
    return other !== undefined ? `\`${path}: "${value}"\`` : `\`${path}\``
  })
  return `→ ${targets.join(', ')}`
}

function renderDifferences(): string {
  const rows = differences.map(({ pair, path, reason }) => `| ${pair} | \`${path}\` | ${reason} |\n`)
  return `
## Compared with the AI SDK

[A test](../test/translation/oracle.test.ts) sends prompts through the AI SDK's provider of one dialect and Weir to a provider of another, and the same prompts
through the AI SDK's own provider of that dialect. Requests and the parts of streams are equal, but for these fields:

| caller → provider | field | reason |
| --- | --- | --- |
${rows.join('')}`
}

function renderSource(targets: readonly Pair[]): string {
  const [first] = targets
  if (first === undefined) return ''
  const { name, unread } = samplesOf(first.from)
  const columns = targets.map((pair) => ({ pair, outcomes: classifyFields(pair) }))
  const fields = [...new Set(columns.flatMap(({ outcomes }) => Object.keys(outcomes)))]
  const rows = joinLost(
    fields,
    columns.map(({ outcomes }) => outcomes),
  ).map(({ field, shown }) => {
    const cells = columns.map(({ outcomes }) => toCell(shown, outcomes[field] ?? {}, unread[field]))
    return `| \`${shown}\` | ${cells.join(' | ')} |\n`
  })
  const heads = columns.map(({ pair }) => `for ${samplesOf(pair.to).name}`)
  return `\n## Requests of ${name}\n\n| field | ${heads.join(' | ')} |\n| --- |${' --- |'.repeat(heads.length)}\n${rows.join('')}`
}

/** Gives fields one row that are lost with the same object in every target. */
function joinLost(
  fields: readonly string[],
  columns: readonly Outcomes[],
): readonly { readonly field: string; readonly shown: string }[] {
  const shown = new Set<string>()
  return fields.flatMap((field) => {
    const all = columns.flatMap((outcomes) => Object.values(outcomes[field] ?? {}))
    const within = all[0]?.within
    const isJoined = within !== undefined && all.every((each) => isLost(each) && each.within === within)
    const name = isJoined ? within : field
    if (shown.has(name)) return []
    shown.add(name)
    return [{ field, shown: name }]
  })
}

function toCell(field: string, outcomes: Outcomes[string], reason: string | undefined): string {
  const texts = Object.entries(outcomes).map(([model, outcome]) => [model, toText(field, outcome, reason)] as const)
  const [first] = texts
  if (first === undefined) return reason ?? ''
  if (texts.every(([, text]) => text === first[1])) return first[1]
  return texts.map(([model, text]) => `${model}: ${text}`).join('; ')
}

function toText(field: string, outcome: Outcome, reason: string | undefined): string {
  const { becomes, dropped, refused } = outcome
  if (refused !== undefined) return `refused: ${refused.slice(refused.indexOf('. ') + 2).replaceAll('|', '\\|')}`
  if (isSilent(outcome)) return reason ?? ''
  if (isLost(outcome)) return 'dropped'
  if (isCarried(field, outcome)) return 'carried'
  const targets = Object.entries(becomes ?? {}).map(([path, value]) =>
    value === null ? `no \`${path}\`` : `\`${path}\``,
  )
  return `→ ${targets.join(', ')}${dropped === undefined ? '' : '; the rest dropped'}`
}

/** True for a field that keeps its name. */
export function isCarried(field: string, { becomes = {}, dropped }: Outcome): boolean {
  const paths = Object.keys(becomes)
  return dropped === undefined && isDeepStrictEqual(paths.map(withoutRoles), [withoutRoles(field.replace(/: .*/, ''))])
}

function withoutRoles(path: string): string {
  return path.replace(/^messages\[\w*\]/, 'messages[]')
}

/** Renders the outcomes of a pair, one field a line, which the tests compare with. */
export function renderOutcomes(pair: Pair): string {
  const lines = Object.entries(classifyFields(pair)).map(
    ([field, outcomes]) => `  ${JSON.stringify(field)}: ${JSON.stringify(outcomes)}`,
  )
  return `{\n${lines.join(',\n')}\n}\n`
}

/** Renders the outcomes of the replies of a pair. */
export function renderReplyOutcomes(pair: Pair): string {
  const lines = Object.entries(classifyReplies(pair)).map(
    ([member, outcome]) => `  ${JSON.stringify(member)}: ${JSON.stringify(outcome)}`,
  )
  return `{\n${lines.join(',\n')}\n}\n`
}

/** The name of the file with the outcomes of a pair, in test/translation/outcomes. */
export function outcomesFileOf({ from, to }: Pair, of: 'requests' | 'replies'): string {
  return `${of}-${from.id.replace('.', '-')}-to-${to.id.replace('.', '-')}.json`
}
