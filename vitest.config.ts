import { existsSync } from 'node:fs'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Pure tests of portable code: the same files run on Node and in workerd. */
const portable = ['test/core/**/*.test.ts', 'test/openai/**/*.test.ts', 'test/sse/**/*.test.ts']

const globalSetup = ['./test/support/global-setup.ts'].filter((file) => existsSync(file))

export default defineConfig({
  test: {
    maxWorkers: 2,
    globalSetup,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          pool: 'forks',
          include: ['test/**/*.test.ts'],
          exclude: ['test/workerd/**'],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        extends: true,
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.jsonc' } })],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts', ...portable],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
    ],
  },
})
