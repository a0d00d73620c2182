import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { afterEach, beforeEach, describe } from 'vitest'

/** A new browser tab for each case. */
export interface Tab {
  readonly page: Page
  /** The page's origin, whose port differs from the gateway's. */
  readonly origin: string
  /** Loads the official SDK as `window.openai`, bundled as a front end would. */
  loadSdk(): Promise<void>
}

let launched: Promise<BrowserContext> | undefined

/** Runs cases in a real browser, and skips them if this machine has none. */
export function describeInBrowser(define: (tab: Tab) => void): void {
  const executablePath = findChromium()
  describe.skipIf(executablePath === undefined)('in a real browser', () => {
    let served: ServedPage
    let page: Page

    beforeEach(async () => {
      if (executablePath === undefined) return
      launched ??= launch(executablePath)
      const profile = await launched
      // All that pages share: each origin of a test has its own port.
      await profile.clearCookies()
      served = await servePage()
      page = await profile.newPage()
      await page.goto(served.origin)
    }, 60_000)

    afterEach(async () => {
      for (const opened of page.context().pages().slice(1)) await opened.close()
      await served.close()
    })

    define({
      get page() {
        return page
      },
      get origin() {
        return served.origin
      },
      async loadSdk() {
        await page.addScriptTag({ url: '/page.js' })
      },
    })
  })
}

/**
 * One profile for all files of this process, which ends it. Its first page stays open: the others use its process, and half a second
 * of CPU less.
 */
async function launch(executablePath: string): Promise<BrowserContext> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  const profile = await browser.newContext()
  await profile.newPage()
  return profile
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

/** Serves an empty page, and the bundle of the official SDK, from a separate server. */
async function servePage(): Promise<ServedPage> {
  const server = createServer(async (request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? await bundle() : '<!doctype html><title>a page</title>')
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

let bundled: Promise<string> | undefined

/** Bundles once per process. */
function bundle(): Promise<string> {
  bundled ??= buildSdk()
  return bundled
}

async function buildSdk(): Promise<string> {
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
