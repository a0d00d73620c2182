import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { configKeys } from '../../src/config/config-keys.ts'
import { extraVariables, providerVariables } from '../../src/config/environment.ts'
import { startWorkerGateway } from '../support/start-worker-gateway.ts'
import { projectRoot } from './source-files.ts'

const config = unstable_readConfig({ config: join(projectRoot, 'wrangler.jsonc') }, { hideWarnings: true })

test('S08 a deployed Worker fetches only over public routes', () => {
  expect(config.compatibility_flags).toContain('global_fetch_strictly_public')
})

test('the Worker detects that a caller has disconnected', () => {
  expect(config.compatibility_flags).toContain('enable_request_signal')
})

test('a deployed Worker calls providers from a supported country, regardless of its callers’ countries', () => {
  // `smart` moves a Worker only to places where it has run before, and only under steady traffic.
  expect(config.placement).toEqual({ region: 'aws:us-east-1' })
})

test('S11 a plain `wrangler deploy` sets no variables and cannot open an account', () => {
  expect(config.vars).toEqual({})
})

const example = parseEnv(readFileSync(join(projectRoot, '.dev.vars.example'), 'utf8'))

test('the Deploy to Cloudflare button asks only for documented variables, and explains each of them', () => {
  const documented = new Set<string | undefined>([
    ...configKeys.map(({ documentation }) => documentation.variable),
    ...[...providerVariables, ...extraVariables].map(({ name }) => name),
  ])
  expect(Object.keys(example).sort()).toEqual(['ADMIN_TOKEN', 'TOKEN'])
  expect(Object.keys(example).filter((name) => !documented.has(name))).toEqual([])
  const { cloudflare } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    readonly cloudflare: { readonly bindings: Readonly<Record<string, { readonly description: string }>> }
  }
  const stores = config.d1_databases.map(({ binding }: { readonly binding: string }) => binding)
  const objects = config.durable_objects.bindings.map(({ name }: { readonly name: string }) => name)
  expect(Object.keys(cloudflare.bindings).sort()).toEqual([...Object.keys(example), ...stores, ...objects].sort())
})

test('S11 a Worker deployed with the unchanged example stays closed', async () => {
  expect(Object.values(example)).toEqual(['', ''])
  const gateway = await startWorkerGateway({ env: { TOKEN: '', ADMIN_TOKEN: '' } })
  try {
    const statuses = await Promise.all(
      ['/v1/models', '/admin/v1/keys'].map(async (path) => (await fetch(`${gateway.url}${path}`)).status),
    )
    expect(statuses).toEqual([401, 503])
  } finally {
    await gateway.close()
  }
})
