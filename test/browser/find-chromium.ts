import { existsSync } from 'node:fs'

/** Where Linux distributions, macOS and Windows put it. */
const places = [
  process.env.CHROMIUM_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The browser of this machine, if it has one; tests never download one. */
export function findChromium(): string | undefined {
  return places.find((path) => path !== '' && existsSync(path))
}
