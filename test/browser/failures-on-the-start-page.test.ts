import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { strings } from '../../dashboard/src/strings.ts'
import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'
import { type PageFiles, readPageFiles } from '../../src/platform/node/server/page-files.ts'
import { describeInBrowser } from './describe-in-browser.ts'

const { codes } = strings.zh.failure

describeInBrowser((tab) => {
  let page: PageFiles
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weir-page-'))
    const root = fileURLToPath(new URL('../../dashboard/', import.meta.url))
    await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'silent', build: { outDir: folder } })
    page = await readPageFiles(folder)
  }, 60_000)

  afterAll(() => rm(folder, { recursive: true }))

  async function open(env: Readonly<Record<string, string>>, language: 'English' | '中文') {
    const server = await createNodeServer({ env: { STORAGE_PATH: 'none', DEMO: 'true', ...env }, page, log: () => {} })
    onTestFinished(() => server.close(0))
    const { port } = await server.listen(0, '127.0.0.1')
    await tab.page.goto(`http://127.0.0.1:${port}/`)
    await tab.page.locator('.languages button', { hasText: language }).click()
  }

  const failure = () => tab.page.locator('.failure p').allTextContents()

  test('explains a missing key in Chinese, with the message of the server below it', async () => {
    await open({ TOKEN: 'a-token-of-the-start-page' }, '中文')
    await expect
      .poll(failure)
      .toEqual([
        codes.invalid_api_key,
        expect.stringContaining('Authorization: Bearer'),
        expect.stringMatching(/^HTTP 401invalid_api_keyreq_/),
      ])
  })

  test('shows the message of the server in English', async () => {
    await open({ TOKEN: 'a-token-of-the-start-page' }, 'English')
    await expect
      .poll(failure)
      .toEqual([expect.stringContaining('Authorization: Bearer'), expect.stringMatching(/^HTTP 401/)])
  })

  test('explains a stream that breaks off in Chinese', async () => {
    await open({ DEMO_WORD_DELAY_MS: '0' }, '中文')
    await tab.page.locator('.models button', { hasText: 'demo/cut' }).click()
    await tab.page.locator('textarea:visible').fill('Hello')
    await tab.page.locator('textarea:visible').press('Enter')
    await expect.poll(async () => (await failure())[0]).toBe(codes.upstream_interrupted)
  })
})
