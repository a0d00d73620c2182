import { isDeepStrictEqual } from 'node:util'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { differences } from '../../test/translation/oracle-differences.ts'
import { errorSamples, ordinary } from '../../test/translation/samples/error-samples.ts'
import { replySamples } from '../../test/translation/samples/reply-samples.ts'
import { classifyFields, classifyReplies, type Outcomes, type Pair, pairs, samplesOf } from './classify-fields.ts'
import { isLost, isSilent, type Outcome } from './compare-fields.ts'
import type { PageWords } from './page-words.ts'
import { type SeenError, toErrorKey, translateErrors } from './translate-errors.ts'

/** Renders docs/dialects.md, or its page in another language. */
export function renderDialects(words: PageWords): string {
  const sources = [...new Set(pairs.map(({ from }) => from))]
  const targetsOf = (from: Dialect) => pairs.filter((pair) => pair.from === from)
  return [
    words.introduction,
    renderContents(
      sources.map((from) => samplesOf(from).name),
      words,
    ),
    ...sources.map((from) => renderSource(from, targetsOf(from), words)),
    ...sources.map((from) => renderReplies(from, targetsOf(from), words)),
    ...sources.map((from) => renderErrors(from, words)),
    renderDifferences(words),
  ].join('')
}

function renderContents(names: readonly string[], words: PageWords): string {
  const lists = [
    [words.requests, words.requestsOf],
    [words.replies, words.repliesOf],
    [words.errors, words.errorsOf],
  ] as const
  const lines = lists.map(([label, headingOf]) => {
    const links = names.map((name) => `[${name}](#${toAnchor(headingOf(name))})`)
    return `- ${label}${words.colon}${links.join(words.comma)}\n`
  })
  return `\n${lines.join('')}- [${words.comparison}](#${toAnchor(words.comparison)})\n`
}

function toAnchor(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-')
}

function renderSource(from: Dialect, targets: readonly Pair[], words: PageWords): string {
  const { name, unread } = samplesOf(from)
  const columns = targets.map((pair) => ({ ...toLines(pair, 'requests'), outcomes: classifyFields(pair) }))
  const fields = [...new Set(columns.flatMap(({ outcomes }) => Object.keys(outcomes)))]
  const all = columns.map(({ outcomes }) => outcomes)
  const rows = joinLost(fields, all).map(({ field, shown }) => [
    `\`${shown}\``,
    ...columns.map(({ outcomes, linkTo }) =>
      toCell(shown, outcomes[field] ?? {}, unread[field], linkTo(Object.keys(outcomes).indexOf(field)), words),
    ),
  ])
  const heads = targets.map(({ to }) => words.forProvider(samplesOf(to).name))
  return `\n## ${words.requestsOf(name)}\n\n${toTable([words.field, ...heads], rows)}`
}

function renderReplies(from: Dialect, targets: readonly Pair[], words: PageWords): string {
  const columns = targets.map((pair) => ({ ...toLines(pair, 'replies'), outcomes: classifyReplies(pair) }))
  const members = [...new Set(columns.flatMap(({ outcomes }) => Object.keys(outcomes)))]
  const rows = members.map((member) => [
    `\`${member}\``,
    ...columns.map(({ outcomes, linkTo }) =>
      toReplyCell(member, outcomes[member] ?? {}, from, linkTo(Object.keys(outcomes).indexOf(member)), words),
    ),
  ])
  const heads = targets.map(({ to }) => words.forClient(samplesOf(to).name))
  return `\n## ${words.repliesOf(samplesOf(from).name)}\n\n${toTable([words.member, ...heads], rows)}`
}

function renderErrors(from: Dialect, words: PageWords): string {
  const clients = [...errorSamples.keys()].filter((to) => to !== from).map((to) => samplesOf(to).name)
  const keys = listErrors().map(({ key }) => key)
  const rows = translateErrors(from).map(({ own, seen }) => [
    `[${toErrorText(own, words)}](${outcomesFolder}/${errorsFile}#L${keys.indexOf(toErrorKey(from, own)) + 2})`,
    ...clients.map((client) => toErrorText(seen[client] ?? {}, words)),
  ])
  const heads = clients.map(words.forClient)
  return `\n## ${words.errorsOf(samplesOf(from).name)}\n\n${toTable([words.error, ...heads], rows)}`
}

function toErrorText({ status, type, code, message }: SeenError, words: PageWords): string {
  return [
    [status === undefined ? words.inStream : String(status), ...(type === undefined ? [] : [`\`${type}\``])].join(' '),
    ...(code === undefined ? [] : [words.code(`\`${code}\``)]),
    ...(message === undefined || message === ordinary ? [] : [words.message(message)]),
  ].join(words.comma)
}

function renderDifferences(words: PageWords): string {
  const rows = differences.map(({ pair, path, reason }) => [pair, `\`${path}\``, words.reason(reason)])
  return `\n## ${words.comparison}\n\n${words.aboutComparison}\n\n${toTable(words.differenceHead, rows)}`
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

/**
 * The first mark of a cell links to the line that the tests compare with. A field without an outcome is refused with
 * another that it needs.
 */
function toCell(
  field: string,
  outcomes: Outcomes[string],
  reason: string | undefined,
  link: string,
  words: PageWords,
): string {
  const cells = Object.entries(outcomes).map(([model, outcome]) => ({
    model,
    ...toMark(field, outcome, reason, words),
  }))
  const [first, ...others] = cells
  if (first === undefined) return reason === undefined ? '' : words.own + words.colon + words.reason(reason)
  const linked = `[${first.mark}](${link})${first.rest}`
  if (others.every(({ mark, rest }) => mark === first.mark && rest === first.rest)) return linked
  const texts = others.map(({ model, mark, rest }) => `${model}${words.colon}${mark}${rest}`)
  return [`${first.model}${words.colon}${linked}`, ...texts].join(words.semicolon)
}

/** The word for an outcome, and the text after it. */
interface Mark {
  readonly mark: string
  readonly rest: string
}

function toMark(field: string, outcome: Outcome, reason: string | undefined, words: PageWords): Mark {
  const { becomes, dropped, refused } = outcome
  if (refused !== undefined)
    return { mark: words.refused, rest: words.colon + refused.slice(refused.indexOf('. ') + 2) }
  if (isSilent(outcome))
    return { mark: words.own, rest: reason === undefined ? '' : words.colon + words.reason(reason) }
  if (isLost(outcome)) return { mark: words.dropped, rest: '' }
  if (isCarried(field, outcome)) return { mark: words.carried, rest: '' }
  const targets = Object.entries(becomes ?? {}).map(([path, value]) =>
    value === null ? words.no(`\`${path}\``) : `\`${path}\``,
  )
  const rest = dropped === undefined ? '' : words.semicolon + words.restDropped
  return { mark: '→', rest: ` ${targets.join(words.comma)}${rest}` }
}

function toReplyCell(member: string, outcome: Outcome, from: Dialect, link: string, words: PageWords): string {
  const { mark, rest } = toReplyMark(member, outcome, from, words)
  return `[${mark}](${link})${rest}`
}

function toReplyMark(member: string, outcome: Outcome, from: Dialect, words: PageWords): Mark {
  const { becomes, refused } = outcome
  if (refused !== undefined) return { mark: words.anError, rest: '' }
  const other = replySamples.get(from)?.valued[member.replace(/: .*/, '')]
  if (becomes === undefined)
    return { mark: other === undefined ? words.leftOut : words.as(`\`${JSON.stringify(other)}\``), rest: '' }
  if (isCarried(member, outcome) && other === undefined) return { mark: words.carried, rest: '' }
  const shown = Object.entries(becomes).filter(([, value]) => other === undefined || typeof value === 'string')
  const targets = shown.map(([path, value]) => {
    if (value === null) return words.no(`\`${path}\``)
    return other !== undefined ? `\`${path}: "${value}"\`` : `\`${path}\``
  })
  return { mark: '→', rest: ` ${targets.join(words.comma)}` }
}

/** True for a field that keeps its name. */
export function isCarried(field: string, { becomes = {}, dropped }: Outcome): boolean {
  const paths = Object.keys(becomes)
  return dropped === undefined && isDeepStrictEqual(paths.map(withoutRoles), [withoutRoles(field.replace(/: .*/, ''))])
}

function withoutRoles(path: string): string {
  return path.replace(/^messages\[\w*\]/, 'messages[]')
}

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`).join('')
}

/** Renders the outcomes of a pair, one field a line, which the tests compare with. */
export function renderOutcomes(pair: Pair): string {
  return toLinesOfJson(Object.entries(classifyFields(pair)))
}

/** Renders the outcomes of the replies of a pair. */
export function renderReplyOutcomes(pair: Pair): string {
  return toLinesOfJson(Object.entries(classifyReplies(pair)))
}

/** Renders the outcomes of all errors. */
export function renderErrorOutcomes(): string {
  return toLinesOfJson(listErrors().map(({ key, seen }) => [key, seen]))
}

function listErrors() {
  return [...errorSamples.keys()].flatMap((from) =>
    translateErrors(from).map(({ own, seen }) => ({ key: toErrorKey(from, own), seen })),
  )
}

/** The first entry is on line 2. */
function toLinesOfJson(entries: readonly (readonly [string, unknown])[]): string {
  return `{\n${entries.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n')}\n}\n`
}

const outcomesFolder = '../test/translation/outcomes'

/** The name of the file with the outcomes of errors, in test/translation/outcomes. */
export const errorsFile = 'errors.json'

/** The name of the file with the outcomes of a pair, in test/translation/outcomes. */
export function outcomesFileOf({ from, to }: Pair, of: 'requests' | 'replies'): string {
  return `${of}-${from.id.replace('.', '-')}-to-${to.id.replace('.', '-')}.json`
}

function toLines(pair: Pair, of: 'requests' | 'replies'): { readonly linkTo: (entry: number) => string } {
  return { linkTo: (entry) => `${outcomesFolder}/${outcomesFileOf(pair, of)}#L${entry + 2}` }
}
