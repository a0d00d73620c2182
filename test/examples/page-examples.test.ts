import { readdir } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { describeInBrowser } from '../browser/describe-in-browser.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import { bundleExample, examples, type Files, openOrigin, readExample, serveExample } from './page-examples.ts'

interface Example {
  readonly name: string
  readonly load: (name: string) => Promise<Files>
  /** Selects the messages, in the order of the page. */
  readonly messages: string
  readonly send: (page: Page, question: string) => Promise<void>
  readonly storesSession: boolean
  readonly survivesReload?: true
}

const form = {
  messages: '#messages li',
  load: bundleExample,
  async send(page: Page, question: string) {
    await page.fill('[name=question]', question)
    await page.press('[name=question]', 'Enter')
  },
}

const all: readonly Example[] = [
  { ...form, name: 'html', load: readExample, storesSession: true, survivesReload: true },
  { ...form, name: 'react', storesSession: true },
  { ...form, name: 'vue', storesSession: true },
  { ...form, name: 'ai-sdk', storesSession: false },
  {
    name: 'deep-chat',
    load: bundleExample,
    messages: '.inner-message-container',
    async send(page, question) {
      await page.locator('#text-input').pressSequentially(question)
      await page.press('#text-input', 'Enter')
    },
    storesSession: true,
  },
]

const patience = { timeout: 15_000 }

test('this test runs every example of a page', async () => {
  const entries = await readdir(examples, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  expect(folders.toSorted()).toEqual(all.map(({ name }) => name).toSorted())
})

describeInBrowser((tab) => {
  describe.each(all)('$name', ({ name, load, messages, send, storesSession, survivesReload }) => {
    let files: Files

    beforeAll(async () => {
      files = await load(name)
    }, 60_000)

    describeOnBothStored('the example of a page', (start) => {
      test('shows an answer while it arrives, and remembers the conversation', { timeout: 40_000 }, async () => {
        const { texts, listSessionIds } = await open()
        await watchGrowth(tab.page, messages)
        await send(tab.page, 'Hello')
        await expect.poll(texts, patience).toEqual(['Hello', toAnswer('Hello', 1)])
        expect(await readGrowth(tab.page)).toBeGreaterThan(3)
        await send(tab.page, 'Again')
        // The provider received the first question and its answer, too.
        await expect.poll(texts, patience).toEqual(['Hello', toAnswer('Hello', 1), 'Again', toAnswer('Again', 3)])
        expect(new Set(await listSessionIds()).size).toBe(storesSession ? 1 : 0)
      })

      if (survivesReload)
        test('continues the conversation after a reload, or begins one if it was deleted', async () => {
          const { texts } = await open()
          await send(tab.page, 'Hello')
          await expect.poll(texts, patience).toEqual(['Hello', toAnswer('Hello', 1)])
          await tab.page.reload()
          await expect.poll(texts, patience).toEqual(['Hello', toAnswer('Hello', 1)])
          await tab.page.evaluate(() => sessionStorage.setItem('session', `session_${'0'.repeat(32)}`))
          await tab.page.reload({ waitUntil: 'networkidle' })
          await send(tab.page, 'Again')
          await expect.poll(texts, patience).toEqual(['Again', toAnswer('Again', 1)])
        })

      test('shows the error of the server', async () => {
        // Not one of status 503, which the AI SDK sends again for six seconds.
        const { texts } = await open({ DEMO: 'false', OPENAI_API_KEY: 'sk-unused' })
        await send(tab.page, 'Hello')
        await expect.poll(async () => (await texts()).at(-1), patience).toMatch(/^The price of .*demo.chat/)
      })

      async function open(settings: Readonly<Record<string, string>> = {}) {
        const origin = await openOrigin()
        onTestFinished(() => origin.close())
        const access = { TOKEN: gatewayToken, CLIENT_TOKEN_SECRETS: 'a-secret-that-signs-the-tokens-of-the-tests' }
        const env = { ...access, CORS_ORIGINS: origin.url, DEMO: 'true', DEMO_WORD_DELAY_MS: '10', ...settings }
        const { url: weirUrl, sql } = await start({ env })
        const page = await serveExample(files, { origin, weirUrl, key: gatewayToken })
        onTestFinished(() => page.close())
        await tab.page.goto(origin.url)
        return {
          texts: async () => (await tab.page.locator(messages).allTextContents()).map((text) => text.trim()),
          listSessionIds: async () => (await sql('SELECT session_id FROM messages')).map((row) => row.session_id),
        }
      }
    })
  })
})

/** Matches the demo's answer to the last of so many messages. */
const toAnswer = (question: string, count: number) =>
  expect.stringMatching(new RegExp(`You said:\\s+(> )?${question}[^]*"messages":${count},[^]*get real answers\\.$`))

/** Collects the lengths that the last message has in turn, which tell a stream from one piece. */
async function watchGrowth(page: Page, selector: string): Promise<void> {
  await page.evaluate((within) => {
    const lengths = new Set<number>()
    Object.assign(window, { lengths })
    const measure = () => {
      const roots = [document, ...[...document.querySelectorAll('*')].flatMap((element) => element.shadowRoot ?? [])]
      const found = roots.flatMap((root) => [...root.querySelectorAll(within)])
      lengths.add(found.at(-1)?.textContent?.length ?? 0)
      requestAnimationFrame(measure)
    }
    measure()
  }, selector)
}

async function readGrowth(page: Page): Promise<number> {
  return page.evaluate(() => (Object(window).lengths as Set<number>).size)
}
