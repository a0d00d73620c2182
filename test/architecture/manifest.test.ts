import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeFlags } from '../../bench/machine/weir-cli.ts'
import { projectRoot } from './source-files.ts'

interface LockEntry {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly resolved?: string
}

const manifest = readJson('package.json') as {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}
const packages = (readJson('package-lock.json') as { readonly packages: Readonly<Record<string, LockEntry>> }).packages

test('ARCHITECTURE.md gives a reason for every dependency', () => {
  const rows = readText('ARCHITECTURE.md')
    .split('\n')
    .filter((line) => line.startsWith('|'))
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(names.filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))).toEqual([])
})

test('ARCHITECTURE.md names no versions, which belong in package.json', () => {
  const rows = readText('ARCHITECTURE.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(rows.filter((row) => /\b\d+\.\d+\.\d+\b/.test(row))).toEqual([])
})

test('`npm start`, the image and the benchmark run Weir with the same Node flags', () => {
  const flags = nodeFlags.join(' ')
  expect(manifest.scripts.start).toContain(` ${flags} dist/platform/node/cli.mjs serve`)
  const image = ['node', ...nodeFlags, 'src/platform/node/cli.ts', 'serve'].map((word) => `"${word}"`)
  expect(readText('Dockerfile')).toContain(`CMD [${image.join(', ')}]`)
})

test('S73 versions are exact', () => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(versions.filter(([, version]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test('the lockfile has every platform’s packages, which `npm ci` needs', () => {
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !isLocked(path, name))
      .map((name) => `${path} → ${name}`),
  )
  expect(missing).toEqual([])
})

test('S73 the lockfile names no private registry', () => {
  const hosts = Object.values(packages).flatMap(({ resolved }) =>
    resolved === undefined ? [] : [new URL(resolved).host],
  )
  expect(hosts.filter((host) => host !== 'registry.npmjs.org')).toEqual([])
})

/** Resolves a package as Node does: in the package's own node_modules, then in those of its parent folders. */
function isLocked(path: string, name: string): boolean {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (place in packages) return true
    if (folder === '') return false
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readText(path))
}

function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}
