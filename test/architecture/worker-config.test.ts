import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { projectRoot } from './source-files.ts'

const config = unstable_readConfig({ config: join(projectRoot, 'wrangler.jsonc') }, { hideWarnings: true })

test('S08 a deployed Worker fetches the public way only', () => {
  expect(config.compatibility_flags).toContain('global_fetch_strictly_public')
})

test('the Worker learns that a caller has left', () => {
  expect(config.compatibility_flags).toContain('enable_request_signal')
})

test('a deployed Worker calls providers from a country that they serve, wherever its callers are', () => {
  // `smart` moves a Worker only where it has run before, and only once it has steady traffic.
  expect(config.placement).toEqual({ region: 'aws:us-east-1' })
})

test('S11 a plain `wrangler deploy` brings no variable, so that it cannot open an account', () => {
  expect(config.vars).toEqual({})
})
