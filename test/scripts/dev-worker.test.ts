import { spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { startWeirProcess } from '../faults/start-weir-process.ts'
import { projectRoot } from '../support/worker-bundle.ts'

test('`npm run dev:worker` serves the same page as `npm start`, the GraphQL schema and the query page', async () => {
  const worker = await startDevWorker()
  const node = await startWeirProcess({ PATH: process.env.PATH ?? '' })
  onTestFinished(() => node.close())
  const seen = async (url: string) => {
    const page = await fetch(`${url}/`)
    const body = await page.text()
    const script = /(?:src|href)="\.?\/?(assets\/[^"]+\.js)"/.exec(body)?.[1]
    const asset = await fetch(`${url}/${script}`)
    const policy = (response: Response) => response.headers.get('content-security-policy')
    const queryPage = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })
    const query = JSON.stringify({ query: '{ __schema { queryType { name } } }' })
    const schema = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: query,
    })
    return {
      page: [page.status, page.headers.get('content-type'), policy(page), body],
      script: [asset.status, policy(asset), await asset.text()],
      queryPage: [queryPage.status, (await queryPage.text()).replace(/nonce="\w+"/g, '')],
      schema: await schema.json(),
      models: await (await fetch(`${url}/v1/models`)).json(),
    }
  }
  const shown = await seen(worker)
  expect(shown).toEqual(await seen(node.url))
  expect(shown.page[3]).toContain('<div id="root">')
  expect(shown.schema).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } })
}, 120_000)

/** Starts the command itself, with wrangler, on a port that wrangler chooses. Resolves with its URL. */
async function startDevWorker(): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  // A developer's folder may hold a `.dev.vars`; a fresh clone has none.
  const emptyFile = '/dev/null'
  const child = spawn(process.execPath, ['scripts/worker.mjs', 'dev', '--env-file', emptyFile], {
    cwd: projectRoot,
    env: { PATH, HOME, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  let output = ''
  return await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += String(chunk)
        const url = /Ready on (http:\/\/\S+)/.exec(output)?.[1]
        if (url !== undefined) resolve(url)
      })
    child.once('close', () => reject(new Error(`it has ended:\n${output}`)))
  })
}
