import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderFaults } from '../../scripts/render-faults.ts'
import { listFiles, projectRoot } from './source-files.ts'

test('docs/faults.md claims exactly the tests’ proofs (`npm run docs` writes it)', () => {
  expect(readFileSync(join(projectRoot, 'docs/faults.md'), 'utf8')).toBe(renderFaults(projectRoot))
})

test('docs/faults.md defines every id of a fault, attack, promise or case', () => {
  const defined = new Set(readFileSync(join(projectRoot, 'docs/faults.md'), 'utf8').match(/(?<=^\| )[^|]+(?= \|)/gm))
  const files = [
    ...['src', 'test', 'bench', 'docs', 'dashboard', 'scripts'].flatMap(listFiles),
    ...['README.md', 'README.zh-CN.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ].filter((path) => /\.(?:tsx?|mjs|sql|graphql|md)$/.test(path))
  const undefinedIds = files.flatMap((path) => {
    const ids = readFileSync(join(projectRoot, path), 'utf8').match(/\b(?:[RSP]\d{2,3}|case [A-E]\d{1,2})\b/g) ?? []
    // S256 is a method of PKCE.
    return ids.filter((id) => !defined.has(id) && id !== 'S256').map((id) => `${path}: ${id}`)
  })
  expect(undefinedIds).toEqual([])
})

test('every fault, attack and promise has a test, or a reason for the lack of one', () => {
  const rows = readFileSync(join(projectRoot, 'docs/faults.md'), 'utf8').split('\n')
  expect(rows.filter((row) => /^\| [RSP]\d+ .*\| no test yet \|$/.test(row))).toEqual([])
})
