import { existsSync, mkdirSync } from 'node:fs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Pure tests of portable code: the same files run on Node and in workerd, there in one workerd without stores. */
const portable = [
  'test/core/**/*.test.ts',
  'test/openai/**/*.test.ts',
  'test/sse/**/*.test.ts',
  'test/pipeline/stream/coalesce-chunks.test.ts',
  'test/pipeline/access/logins/attacks.test.ts',
]

const globalSetup = ['./test/support/global-setup.ts'].filter((file) => existsSync(file))

/** The sources, and not their bundle: Vite transforms what a test imports. */
const main = './src/platform/cloudflare/worker.ts'

/** Stores of the tests' own, empty at the start of each file. wrangler.jsonc need not name them. */
const stores = async () => ({
  d1Databases: ['DB'],
  r2Buckets: ['BLOBS'],
  bindings: { MIGRATIONS: await readD1Migrations('./migrations') },
})

// wrangler.jsonc names the page's folder, which a fresh clone has only once the page is built.
mkdirSync('./dist/dashboard', { recursive: true })

const patience = { testTimeout: 20_000, hookTimeout: 20_000 }

export default defineConfig({
  test: {
    // One more than a small machine has cores, because tests wait for a fifth of their time.
    maxWorkers: 3,
    // Here and not in the projects, where it would run once for each.
    globalSetup,
    projects: [
      {
        // Packages as Node itself takes them: it loads graphql for graphql-yoga, and there must not be two of it.
        ssr: { resolve: { conditions: ['node', 'module-sync'] } },
        test: {
          ...patience,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/workerd/**'],
          environment: 'node',
          pool: 'forks',
          // A few processes run all files and load the sources once each; a process for each file would cost 0.3 s of CPU more. So a
          // test puts back what it changes of its process.
          isolate: false,
        },
      },
      {
        plugins: [cloudflareTest({ main, wrangler: { configPath: './wrangler.jsonc' } })],
        test: { ...patience, name: 'portable', isolate: false, include: portable },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            main,
            wrangler: { configPath: './wrangler.jsonc' },
            miniflare: await stores(),
          })),
        ],
        test: { ...patience, name: 'workerd', include: ['test/workerd/**/*.test.ts'] },
      },
    ],
  },
})
