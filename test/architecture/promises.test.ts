import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from './source-files.ts'

const security = readText('SECURITY.md')

test('P15 SECURITY.md names a private channel, times, classes and the supported versions', () => {
  expect(security).toMatch(/\*\*Security → Report a vulnerability\*\*/)
  expect(security).toMatch(/first answer \| within \d+ working days/)
  expect(security).toMatch(/fix: .* \| within [\d ·]+ days/)
  for (const name of ['critical', 'high', 'moderate', 'low'])
    expect(security).toMatch(new RegExp(`^\\| ${name} \\| \\w`, 'm'))
  expect(security).toMatch(/^Supported: /m)
})

test('P16 SECURITY.md lists the trusted and untrusted parties, and links the tests of its claims', () => {
  expect(security).toMatch(/Weir \*\*does not trust\*\* callers, browsers .*, the bytes of an upstream/)
  expect(security).toMatch(/Weir \*\*trusts\*\* the operator's configuration/)
  expect(security).toMatch(/^## What is not a vulnerability$/m)
  expect(security).toContain('[docs/faults.md](docs/faults.md)')
})

test('P20 README reports measured runs, and no uptime percentage', () => {
  const readme = readText('README.md')
  const results = [...readme.matchAll(/\((bench\/results\/[\w.-]+)\)/g)].map(([, path = '']) => path)
  expect(results.length).toBeGreaterThan(0)
  expect(results.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([])
  expect(readme).not.toMatch(/\d\d(\.\d+)? ?% (uptime|available|availability)/i)
})

test('P22 README, the image and the Worker name the supported versions, as package.json does', () => {
  const { engines, devDependencies } = JSON.parse(readText('package.json'))
  const minimum = engines.node.replace(/^>=/, '')
  expect(readText('Dockerfile')).toContain(`Node ${minimum} or later`)
  expect(readText('README.md')).toContain(`Node (${devDependencies.node.split('.')[0]})`)
  expect(readText('wrangler.jsonc')).toMatch(/"compatibility_date": "20\d\d-\d\d-\d\d"/)
})

function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}
