import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { strings } from '../../dashboard/src/strings.ts'
import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'
import { type PageFiles, readPageFiles } from '../../src/platform/node/server/page-files.ts'
import { adminBearer, adminToken, callAdmin } from '../admin/open-admin.ts'
import { describeInBrowser } from './describe-in-browser.ts'

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

  async function open() {
    const storage = await mkdtemp(join(tmpdir(), 'weir-sign-in-'))
    const env = { STORAGE_PATH: storage, DEMO: 'true', ADMIN_TOKEN: adminToken }
    const server = await createNodeServer({ env, page, log: () => {} })
    onTestFinished(async () => {
      await server.close(0)
      await rm(storage, { recursive: true })
    })
    const { port } = await server.listen(0, '127.0.0.1')
    const url = `http://127.0.0.1:${port}`
    return { url, call: (endpoint: string, body?: unknown) => callAdmin(url, endpoint, { body }) }
  }

  /** Signs the browser in at the server, from a page of the server. */
  async function signIn(url: string): Promise<void> {
    await tab.page.goto(url)
    const status = await tab.page.evaluate(async (headers) => {
      const response = await fetch('/admin/v1/session', { method: 'POST', headers })
      return response.status
    }, adminBearer)
    expect(status).toBe(201)
  }

  const namesOf = async (call: (endpoint: string) => Promise<{ readonly body: Readonly<Record<string, unknown>> }>) =>
    ((await call('GET /keys')).body.data as { readonly name: string }[]).map(({ name }) => name)

  test('S44 a page of the server acts for its signed-in person, and no script sees the cookie', async () => {
    const { url, call } = await open()
    await signIn(url)
    const seen = await tab.page.evaluate(async () => {
      const headers = { 'content-type': 'application/json', 'x-weir-request': '1' }
      const who = await fetch('/admin/v1/session')
      const created = await fetch('/admin/v1/keys', { method: 'POST', headers, body: '{"name":"own page"}' })
      return { cookie: document.cookie, who: (await who.json()).name, created: created.status }
    })
    expect(seen).toEqual({ cookie: '', who: 'admin secret', created: 201 })
    expect(await namesOf(call)).toEqual(['own page'])
    const ended = await tab.page.evaluate(async () => {
      await fetch('/admin/v1/session', { method: 'DELETE', headers: { 'x-weir-request': '1' } })
      return (await fetch('/admin/v1/session')).status
    })
    expect(ended).toBe(401)
  })

  // Another port is another origin of the same site, to which a browser sends the cookie; `localhost` is another site.
  test.each(['127.0.0.1', 'localhost'])(
    'S44 a page of another origin at %s changes and reads nothing, by form or by script',
    async (host) => {
      const { url, call } = await open()
      await signIn(url)
      const elsewhere = tab.origin.replace('127.0.0.1', host)
      await tab.page.goto(elsewhere)
      const results = await tab.page.evaluate(async (target) => {
        const attempt = (init: RequestInit, path = '/admin/v1/keys') =>
          fetch(target + path, { credentials: 'include', ...init }).then(
            ({ type, status }) => `${type} ${status}`,
            () => 'blocked',
          )
        const body = '{"name":"forged"}'
        const json = { 'content-type': 'application/json' }
        return {
          simple: await attempt({ method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body }),
          blob: await attempt({ method: 'POST', mode: 'no-cors', body: new Blob([body]) }),
          cors: await attempt({ method: 'POST', headers: json, body }),
          marked: await attempt({ method: 'POST', headers: { ...json, 'x-weir-request': '1' }, body }),
          read: await attempt({}),
          signOut: await attempt({ method: 'DELETE' }, '/admin/v1/session'),
        }
      }, url)
      expect(results).toEqual({
        ...{ simple: 'opaque 0', blob: 'opaque 0' },
        ...{ cors: 'blocked', marked: 'blocked', read: 'blocked', signOut: 'blocked' },
      })
      for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        await tab.page.goto(elsewhere)
        const answered = tab.page.waitForResponse((response) => response.url().startsWith(url))
        await tab.page.evaluate(
          ({ action, type }) => {
            const form = document.createElement('form')
            Object.assign(form, { action, method: 'POST', enctype: type })
            const field = document.createElement('input')
            // With text/plain the body is `{"name":"forged","labels":{"a":"="}}`.
            Object.assign(field, { name: '{"name":"forged","labels":{"a":"', value: '"}}' })
            form.append(field)
            document.body.append(form)
            form.submit()
          },
          { action: `${url}/admin/v1/keys`, type: enctype },
        )
        expect([401, 403]).toContain((await answered).status())
        await tab.page.waitForURL(`${url}/**`)
      }
      expect(await namesOf(call)).toEqual([])
      await tab.page.goto(url)
      expect(await tab.page.evaluate(async () => (await fetch('/admin/v1/session')).status)).toBe(200)
    },
  )

  test.each(['English', '中文'] as const)(
    'a link shows its secret only after a click, and once, in %s',
    async (language) => {
      const { url, call } = await open()
      const text = strings[language === 'English' ? 'en' : 'zh']
      const { body } = await call('POST /links', { kind: 'key', key: { name: 'for Ann' } })
      const problems: string[] = []
      tab.page.on('console', (message) => {
        if (/Content Security Policy/.test(message.text())) problems.push(message.text())
      })
      const visit = async () => {
        await tab.page.goto('about:blank')
        await tab.page.goto(String(body.url))
        await tab.page.locator('.languages button', { hasText: language }).click()
      }
      const button = tab.page.locator('button.primary')
      const posts: string[] = []
      tab.page.on('request', (request) => {
        expect(request.url()).not.toContain(String(body.url).split('#')[1])
        if (request.method() === 'POST') posts.push(request.url())
      })
      await visit()
      await visit()
      await expect.poll(() => button.textContent()).toBe(text.claim.show)
      expect(posts).toEqual([])
      expect((await call('GET /links')).body.data).toMatchObject([{ claimed_at: null }])
      await button.click()
      const secret = await tab.page.locator('.claim code').textContent()
      expect(secret).toMatch(/^sk-weir-[0-9a-f]{64}$/)
      expect(posts).toEqual([`${url}/v1/claim`])
      expect(new URL(tab.page.url()).hash).toBe('')
      const models = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })
      expect(models.status).toBe(200)
      await visit()
      await button.click()
      const failure = tab.page.locator('.failure p').first()
      await expect
        .poll(() => failure.textContent())
        .toContain(language === 'English' ? 'already used' : text.failure.codes.link_used)
      expect(problems).toEqual([])
    },
  )
})
