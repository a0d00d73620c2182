import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  classifyFields,
  classifyReplies,
  findMissingFields,
  findSilentFields,
  findUnknownFields,
  type Outcomes,
  type Pair,
  pairs,
  samplesOf,
} from '../../scripts/dialects/classify-fields.ts'
import { isLost, isSilent, type Outcome } from '../../scripts/dialects/compare-fields.ts'
import { chineseWords, englishWords } from '../../scripts/dialects/page-words.ts'
import { isCarried, outcomesFileOf, renderDialects } from '../../scripts/dialects/render-dialects.ts'
import { dialectSamples } from './samples/samples.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const linesOf = (file: string) => read(`./${file}`).split('\n')
const dialects = [...dialectSamples.keys()].map((dialect) => ({ dialect, name: samplesOf(dialect).name }))
const directions = pairs.map((pair) => ({
  ...pair,
  source: samplesOf(pair.from).name,
  target: samplesOf(pair.to).name,
}))

const pages = [
  { page: 'docs/dialects.md', words: englishWords },
  { page: 'docs/dialects.zh-CN.md', words: chineseWords },
]

describe.each(pages)('$page', ({ page, words }) => {
  const text = read(`../../${page}`)

  test('shows what the translation does (`npm run docs` writes it)', () => {
    expect(text).toBe(renderDialects(words))
  })

  test('links each cell to the outcome of its field, but for one that is refused with another', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('| `'))
    const fields = rows.map((row) => {
      const [, shown = '', cells = ''] = /^\| `(.+?)` \|(.*)$/.exec(row) ?? []
      const links = [...cells.matchAll(/\]\(\.\.\/test\/translation\/(outcomes\/[\w-]+\.json)#L(\d+)\)/g)]
      const lines = links.map(([, file = '', line]) => linesOf(file)[Number(line) - 1] ?? '')
      const start = `  ${JSON.stringify(shown).slice(0, -1)}`
      return { shown, linked: lines.filter((each) => each.startsWith(start)).length }
    })
    expect(fields.length).toBeGreaterThan(600)
    expect(fields.filter(({ linked }) => linked !== 3)).toEqual([{ shown: 'top_logprobs', linked: 2 }])
  })

  test('links its own headings', () => {
    const targets = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target)
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    )
    expect(targets).toEqual(headings)
  })
})

describe.each(dialects)('The samples of $name', ({ dialect }) => {
  test('have every field of the official SDK’s types', () => {
    expect(findMissingFields(dialect)).toEqual([])
  })

  test('have no other field, but for the extensions they list', () => {
    expect(findUnknownFields(dialect)).toEqual([])
  })
})

describe.each(directions)('A request of $source for $target', (pair) => {
  const known: Outcomes = JSON.parse(read(`./outcomes/${outcomesFileOf(pair, 'requests')}`))
  const found = classifyFields(pair)

  test('has no field that changes nothing and is not named as dropped', () => {
    expect(findSilentFields(pair)).toEqual([])
  })

  test('has no other fields than those whose outcome is known', () => {
    expect(Object.keys(found)).toEqual(Object.keys(known))
  })

  test.each(Object.entries(known).map(([field, outcomes]) => ({ title: toTitle(field, outcomes, pair), field })))(
    '$title',
    ({ field }) => {
      expect(found[field]).toEqual(known[field])
    },
  )
})

describe.each(directions)('A reply of $source for a client of $target', (pair) => {
  const known: Readonly<Record<string, Outcome>> = JSON.parse(read(`./outcomes/${outcomesFileOf(pair, 'replies')}`))
  const found = classifyReplies(pair)

  test('has no other members than those whose outcome is known', () => {
    expect(Object.keys(found)).toEqual(Object.keys(known))
  })

  test.each(
    Object.entries(known).map(([member, outcome]) => ({
      member,
      title: `\`${member}\` of ${pair.source} ${isSilent(outcome) ? 'is left out' : toText(member, outcome, pair.target)}`,
    })),
  )('$title', ({ member }) => {
    expect(found[member]).toEqual(known[member])
  })
})

/** Such as "`thinking.budget_tokens` of Messages becomes `reasoning_effort` of chat completions". */
function toTitle(field: string, outcomes: Outcomes[string], { from, to }: Pair): string {
  const target = samplesOf(to).name
  const texts = Object.entries(outcomes).map(([model, outcome]) => [model, toText(field, outcome, target)] as const)
  const [first] = texts
  const isSame = texts.every(([, text]) => text === first?.[1])
  const shown = isSame ? first?.[1] : texts.map(([model, text]) => `${text} (${model})`).join(', ')
  return `\`${field}\` of ${samplesOf(from).name} ${shown}`
}

function toText(field: string, outcome: Outcome, target: string): string {
  const { becomes = {}, refused } = outcome
  if (refused !== undefined) return `is refused for ${target}`
  if (isSilent(outcome)) return `means nothing to ${target}`
  if (isLost(outcome)) return `is dropped for ${target}`
  if (isCarried(field, outcome)) return `is carried to ${target}`
  const [path] = Object.keys(becomes)
  return `becomes \`${path}\` of ${target}`
}
