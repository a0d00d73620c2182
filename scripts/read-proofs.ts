import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ESTree, parseSync, Visitor } from 'vite'

/** A test whose title names the fault or attack that it proves harmless. */
export interface Proof {
  /** `R…` for a fault, `S…` for an attack, `P…` for a promise. */
  readonly id: string
  /** The title without its ids. */
  readonly claim: string
  /** From the project's root. */
  readonly file: string
}

/** Every id that a title names, in order of id; those of the stores' contract suites stand in files that the tests share. */
export function readProofs(root: string): readonly Proof[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') || /[/\\]contract[/\\]/.test(name))
    .map((name) => `test/${name.replaceAll('\\', '/')}`)
  const proofs = files.flatMap((file) =>
    readTitles(file, readFileSync(join(root, file), 'utf8')).flatMap((title) => toProofs(file, title)),
  )
  return proofs.sort((left, right) => left.id.localeCompare(right.id) || left.file.localeCompare(right.file))
}

function toProofs(file: string, title: string): readonly Proof[] {
  const ids = title.match(/\b[RSP]\d{2,3}\b/g) ?? []
  const claim = title.replace(/^(?:[RSP]\d{2,3}[\s,:–-]*)+/, '')
  return [...new Set(ids)].map((id) => ({ id, claim, file }))
}

const titled = new Set(['test', 'it', 'describe', 'suite'])

function readTitles(file: string, text: string): readonly string[] {
  const titles: string[] = []
  new Visitor({
    CallExpression({ callee, arguments: [title] }) {
      if (!titled.has(nameOf(callee))) return
      if (title?.type === 'Literal' && typeof title.value === 'string') titles.push(title.value)
      if (title?.type === 'TemplateLiteral') titles.push(title.quasis.map((quasi) => quasi.value.cooked).join('…'))
    },
  }).visit(parseSync(file, text).program)
  return titles
}

/** The `test` of `test(…)`, `test.concurrent(…)` and `test.each(…)(…)`. */
function nameOf(callee: ESTree.Expression | ESTree.Super): string {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression') return nameOf(callee.object)
  if (callee.type === 'CallExpression') return nameOf(callee.callee)
  if (callee.type === 'TaggedTemplateExpression') return nameOf(callee.tag)
  return ''
}
