import type { Answer } from '../../core/answer.ts'
import { pageHeaders } from '../../http/page-headers.ts'

/**
 * The start page. Its other files are served without the Worker; `/` is not, since the old proxy's clients POST there and the asset server
 * would answer them 405.
 */
export function findPageIn(assets: Fetcher | undefined): (path: string) => Promise<Answer | undefined> {
  return async (path) => {
    if (path !== '/' || assets === undefined) return undefined
    const response = await assets.fetch('https://assets.local/')
    const type = response.headers.get('content-type') ?? 'text/html; charset=utf-8'
    if (response.status !== 200) return undefined
    const body = new Uint8Array(await response.arrayBuffer())
    return { status: 200, headers: { ...pageHeaders(path), 'content-type': type }, body }
  }
}
