import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { projectRoot } from '../architecture/source-files.ts'
import { describeInBrowser } from '../browser/describe-in-browser.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import { startVerifier } from '../support/start-verifier.ts'

const documents = ['docs/browser.md', 'docs/browser.zh-CN.md']

const secretVariable = /\$\{CHALLENGE_SECRET\}/

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')

/** The code blocks of a document, in order, of one language. */
function readBlocks(path: string, language: string): readonly string[] {
  return [...read(path).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , code = '']) => code)
}

test.each(['yaml', 'html', 'js', 'sh', ''])('both languages have the same code: %s', (language) => {
  const [english = [], chinese = []] = documents.map((path) => readBlocks(path, language))
  expect(english.length).toBeGreaterThan(0)
  expect(chinese).toEqual(english)
})

test.each(readBlocks('docs/browser.md', 'yaml'))('the configuration is valid: %s', (text) => {
  const env = { OPENAI_API_KEY: 'sk-one', TOKEN: gatewayToken }
  const config = parseYaml(text.replace(secretVariable, 'secret-of-the-widget'))
  expect(() => parseSettings({ env, config, platform: 'node' })).not.toThrow()
})

test('the code of the backend is that of the tested example, and the page uses it as the examples do', () => {
  const [backend = '', page = ''] = readBlocks('docs/browser.md', 'js')
  expect(read('examples/pages/server.mjs')).toContain(backend)
  for (const line of page.trim().split('\n')) expect(read('examples/pages/html/chat.js')).toContain(line)
})

describeInBrowser((tab) => {
  describeOnBothStored('the page of docs/browser.md', (start) => {
    const [page = '', widget = ''] = readBlocks('docs/browser.md', 'html')
    const [visitors = '', challenged = ''] = readBlocks('docs/browser.md', 'yaml').slice(1)
    const connected = readBlocks('docs/browser.md', 'js').find((code) => code.includes('turnstile')) ?? ''

    test('answers an anonymous visitor', async () => {
      await open(visitors, page)
      await ask('Hello')
      await expect
        .poll(readItems, { timeout: 10_000 })
        .toEqual(['Hello', expect.stringMatching(/Hello[\s\S]*answers\.$/)])
    })

    test('shows the error of a model that the policy lacks', async () => {
      await open(visitors, page.replace('gpt-6-luna', 'demo/other'))
      await ask('Hello')
      await expect.poll(readItems, { timeout: 10_000 }).toEqual(['Hello', expect.stringContaining('demo/other')])
    })

    test('solves a challenge with Turnstile’s widget', async () => {
      await tab.page.route('https://challenges.cloudflare.com/**', (route) =>
        route.fulfill({
          contentType: 'text/javascript',
          body: "window.turnstile = { render: (_at, { sitekey, callback }) => callback('right of ' + sitekey) }",
        }),
      )
      const verifyUrl = await startVerifier(new URL(tab.origin).hostname)
      const config = challenged.replace('site_key:', `verify_url: ${JSON.stringify(verifyUrl)}, site_key:`)
      await open(config, page.replace('<ol>', `${widget}<ol>`).replace('const weir = connect()', connected))
      await ask('Hello')
      await expect
        .poll(readItems, { timeout: 10_000 })
        .toEqual(['Hello', expect.stringMatching(/Hello[\s\S]*answers\.$/)])
    })

    async function open(config: string, html: string): Promise<void> {
      let body = ''
      // Not by `route`: from a page without an address, Chromium allows no request to this machine.
      const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(body))
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => server.closeAllConnections())
      onTestFinished(() => void server.close())
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const access = { TOKEN: gatewayToken, CLIENT_TOKEN_SECRETS: 'a-secret-that-signs-the-tokens-of-the-tests' }
      const env = { ...access, DEMO: 'true', DEMO_WORD_DELAY_MS: '0' }
      const adapted = config.replaceAll('https://chat.example.com', origin).replaceAll('gpt-6-luna', 'demo/chat')
      const { url } = await start({ env, config: parseYaml(adapted.replace(secretVariable, 'secret-of-the-widget')) })
      body = html.replaceAll('https://ai.example.com', url).replaceAll('gpt-6-luna', 'demo/chat')
      await tab.page.goto(origin)
    }

    async function ask(question: string): Promise<void> {
      await tab.page.fill('[name=question]', question)
      await tab.page.press('[name=question]', 'Enter')
    }

    const readItems = () => tab.page.locator('li').allTextContents()
  })
})
