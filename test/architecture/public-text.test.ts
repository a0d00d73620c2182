import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { listFiles, projectRoot } from './source-files.ts'

const texts = listFiles('.')
  .filter((path) =>
    /\.(ts|tsx|mjs|md|jsonc?|ya?ml|html|css|svg|graphql)$|(^|\/)(Dockerfile|run|LICENSE|\.\w+ignore)$/.test(path),
  )
  .filter((path) => path !== 'package-lock.json')
  .map((path) => ({ path, text: readFileSync(join(projectRoot, path), 'utf8') }))

test('no file names a folder of a developer’s machine', () => {
  const personal = /(?<![\w.:/-])\/(home|Users|root|work|workspace|farm|private)\/[\w.-]+/
  expect(texts.flatMap(({ path, text }) => personal.exec(text)?.map((match) => `${path}: ${match}`) ?? [])).toEqual([])
})

test('S72 no file contains anything that looks like a real key', () => {
  const key =
    /\bsk-(proj-)?[A-Za-z0-9]{32,}\b|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----/
  expect(texts.filter(({ text }) => key.test(text)).map(({ path }) => path)).toEqual([])
})

test('links between documents have existing targets', () => {
  const lost = texts
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(join(projectRoot, target.startsWith('/') ? '.' : dirname(path), target)))
        .map((target) => `${path} → ${target}`),
    )
  expect(lost).toEqual([])
})

test('code refers only to documents of the repository', () => {
  const lost = texts
    .filter(({ path }) => /\.(ts|tsx|mjs)$/.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/(?<![\w*/.-])((?:[\w-]+\/)*[\w-]+\.md)\b/g)]
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(join(projectRoot, target)))
        .map((target) => `${path} → ${target}`),
    )
  expect(lost).toEqual([])
})
