import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type ESTree, parseSync, Visitor } from 'vite'

const introduction = `# Faults, attacks and promises

<!-- Written by scripts/generate-docs.ts from docs/faults.json and the titles of the tests. Change it there, then run: npm run docs -->

Comments and tests refer to these ids. \`R\` is a fault, which happens without bad intent. \`S\` is an attack. \`P\` is a promise to callers and operators. A \`case\` is
a small input with its correct result, as an example of its kind; the ids that it belongs to follow in parentheses.

The last column links each test file with the id in a title (×3: three titles), and the platforms on which it runs: N for Node, W for workerd. Search the file for the id.
Without a test, the line gives the reason, or the feature that the test depends on. "no test yet" means that nothing proves the line, and that Weir may not handle it.
The tests do not cover planned behaviour.
`

/**
 * Renders docs/faults.md: each id of docs/faults.json with its meaning and the tests that name it. `root` is the
 * project's folder.
 */
export function renderFaults(root: string): string {
  const { 'Without a test': reasons = {}, ...sections }: Readonly<Record<string, Readonly<Record<string, string>>>> =
    JSON.parse(readFileSync(join(root, 'docs/faults.json'), 'utf8'))
  const proofs = readProofs(root)
  const rendered = Object.entries(sections).map(([title, meanings]) => {
    const rows = Object.entries(meanings).map(
      ([id, meaning]) =>
        `| ${id} | ${meaning.replaceAll('|', '\\|')} | ${toProof(id, proofs.get(id), reasons[id], root)} |`,
    )
    return ['', `## ${title}`, '', '| id | meaning | tests |', '| --- | --- | --- |', ...rows, ''].join('\n')
  })
  return introduction + rendered.join('')
}

/** Throws if an id has tests and also a reason for having none. */
function toProof(
  id: string,
  files: ReadonlyMap<string, number> | undefined,
  reason: string | undefined,
  root: string,
): string {
  if (files === undefined) return reason ?? 'no test yet'
  if (reason !== undefined)
    throw new Error(`${id} has a test: remove its entry "Without a test" from docs/faults.json.`)
  return [...files]
    .map(
      ([file, count]) =>
        `[${basename(file, '.ts').replace(/\.test$/, '')}](../${file})${count > 1 ? ` ×${count}` : ''} ${platformsOf(root, file)}`,
    )
    .join(', ')
}

/** Returns a file's platforms. Contract suites of stores, and the portable tests of vitest.config.ts, run on both. */
function platformsOf(root: string, file: string): string {
  const code = readFileSync(join(root, file), 'utf8')
  const isOnBoth =
    /\/contract\/|^test\/(core|openai|sse)\//.test(file) || /describeOnBoth|runtimes\b|starters\b/.test(code)
  const isInWorkerd =
    file.startsWith('test/workerd/') || /start(Stored)?WorkerGateway|startWorkerWith|attackWorker/.test(code)
  const isOnNode = !isInWorkerd || /start(Stored)?NodeGateway|attackServer/.test(code)
  return isOnBoth || (isInWorkerd && isOnNode) ? 'N W' : isInWorkerd ? 'W' : 'N'
}

/**
 * Maps each id to the files whose tests name it, with the number of tests. Stores share the files of their contract
 * suites.
 */
function readProofs(root: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((name) => `test/${name.replaceAll('\\', '/')}`)
    .filter((name) => /\.test\.ts$|\/contract\/.*\.ts$/.test(name))
    .sort()
  const proofs = new Map<string, Map<string, number>>()
  for (const file of files) {
    for (const title of readTitles(file, readFileSync(join(root, file), 'utf8'))) {
      for (const id of new Set(title.match(/\b(?:[RSP]\d{2,3}|case [A-E]\d{1,2})\b/g))) {
        const counts = proofs.get(id) ?? new Map<string, number>()
        proofs.set(id, counts.set(file, (counts.get(file) ?? 0) + 1))
      }
    }
  }
  return proofs
}

const titled = new Set(['test', 'it', 'describe', 'suite'])

function readTitles(file: string, code: string): readonly string[] {
  const titles: string[] = []
  new Visitor({
    CallExpression({ callee, arguments: [title] }) {
      if (!titled.has(nameOf(callee))) return
      if (title?.type === 'Literal' && typeof title.value === 'string') titles.push(...fillIn(title.value, callee))
      if (title?.type === 'TemplateLiteral') titles.push(title.quasis.map((quasi) => quasi.value.cooked).join('…'))
    },
  }).visit(parseSync(file, code).program)
  return titles
}

/** Repeats the title `case %s: …` of `test.each` for each id that begins a row of its table. */
function fillIn(title: string, callee: ESTree.Expression | ESTree.Super): readonly string[] {
  const table = callee.type === 'CallExpression' ? callee.arguments[0] : undefined
  if (!title.startsWith('case %s') || table?.type !== 'ArrayExpression') return [title]
  const ids = table.elements.flatMap((row) => {
    const id = row?.type === 'ArrayExpression' ? row.elements[0] : undefined
    return id?.type === 'Literal' && typeof id.value === 'string' ? [id.value] : []
  })
  return [...new Set(ids)].map((id) => title.replace('%s', id))
}

/** Returns `test` for `test(…)`, `test.concurrent(…)` and `test.each(…)(…)`. */
function nameOf(callee: ESTree.Expression | ESTree.Super): string {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression') return nameOf(callee.object)
  if (callee.type === 'CallExpression') return nameOf(callee.callee)
  if (callee.type === 'TaggedTemplateExpression') return nameOf(callee.tag)
  return ''
}
