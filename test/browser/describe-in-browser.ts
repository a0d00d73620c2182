import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import { findChromium } from './find-chromium.ts'
import { type ServedPage, servePage } from './serve-page.ts'

/** A tab of the browser, new for each case. */
export interface Tab {
  readonly page: Page
  /** The origin of the page, on another port than the gateway's. */
  readonly origin: string
}

/** Runs cases in a real browser, and skips them where this machine has none. */
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
