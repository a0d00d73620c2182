import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'

/** A new browser tab for each case. */
export interface Tab {
  readonly page: Page
  /** The page's origin, whose port differs from the gateway's. */
  readonly origin: string
}

/** Runs cases in a real browser, and skips them if this machine has none. */
export function describeInBrowser(define: (tab: Tab) => void): void {
  const executablePath = findChromium()
  describe.skipIf(executablePath === undefined)('in a real browser', () => {
    let browser: Browser
    let served: ServedPage
    let page: Page

    beforeAll(async () => {
      if (executablePath === undefined) return
      served = await servePage()
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
    }, 60_000)

    beforeEach(async () => {
      page = await browser.newPage()
      await page.goto(served.origin)
    })

    afterEach(async () => {
      await page.close()
    })

    afterAll(async () => {
      await browser?.close()
      await served?.close()
    })

    define({
      get page() {
        return page
      },
      get origin() {
        return served.origin
      },
    })
  })
}

/** Its usual paths on Linux, macOS and Windows. */
const places = [
  process.env.CHROMIUM_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Finds this machine's browser; tests never download one. */
function findChromium(): string | undefined {
  return places.find((path) => path !== '' && existsSync(path))
}

interface ServedPage {
  /** `http://127.0.0.1:port`, a different origin from the gateway's because the port differs. */
  readonly origin: string
  close(): Promise<void>
}

/** Serves a page that bundles the official SDK as a front end would, from a separate server. */
async function servePage(): Promise<ServedPage> {
  const script = await bundle()
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><title>a page</title><script src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('page.ts', import.meta.url))
  const built = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'page', fileName: 'page' } },
  })) as Rolldown.RolldownOutput[]
  const chunk = built[0]?.output.find((file) => file.type === 'chunk')
  if (chunk === undefined) throw new Error('the page was not bundled')
  return chunk.code
}
