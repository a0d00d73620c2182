import { Visitor } from 'vite'
import { expect, test } from 'vitest'
import { listFiles, readSourceFiles, type SourceFile } from './source-files.ts'

const files = ['src', 'test', 'scripts', 'bench', 'client', 'dashboard/src'].flatMap(readSourceFiles)

test('no folder is a catch-all', () => {
  const catchAll = /(^|\/)(utils?|helpers?|lib|common|services|misc)\//
  expect(listFiles('src').filter((path) => catchAll.test(path))).toEqual([])
})

test('comments defer no work', () => {
  expect(findComments(/\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([])
})

test('no comment disables the type checker', () => {
  expect(findComments(/@ts-(ignore|expect-error|nocheck)/)).toEqual([])
  expect(files.flatMap((file) => findEscapes(file).map((found) => `${file.path}: ${found}`))).toEqual([])
})

test('no test is skipped or run alone', () => {
  const found = files.filter((file) => /\b(test|it|describe|suite)\.(only|todo|skip)\b/.test(file.text))
  expect(found.map((file) => file.path).filter((path) => path !== 'test/architecture/house-rules.test.ts')).toEqual([])
})

function findComments(pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    file.comments.filter((comment) => pattern.test(comment)).map((comment) => `${file.path}: ${comment.trim()}`),
  )
}

function findEscapes({ program }: SourceFile): readonly string[] {
  const found: string[] = []
  new Visitor({
    TSAnyKeyword: () => void found.push('any'),
    TSNonNullExpression: () => void found.push('!'),
    TSEnumDeclaration: () => void found.push('enum'),
    TSModuleDeclaration({ declare, id }) {
      if (!declare && id.type === 'Identifier') found.push('namespace')
    },
  }).visit(program)
  return found
}
