// The backend of a page: serves the files of a folder, and gets a token of Weir for the user who is signed in.
// Run it beside `npm start`: WEIR_KEY=your-key node examples/pages/server.mjs examples/pages/html
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'

const { WEIR_URL = 'http://localhost:8787', WEIR_KEY, PORT = '3000', ORIGIN = `http://localhost:${PORT}` } = process.env
const folder = process.argv[2] ?? '.'
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' }
const headers = {
  'content-security-policy': `default-src 'self'; script-src 'self' ${WEIR_URL}; connect-src 'self' ${WEIR_URL}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'`,
}

const server = createServer(async (request, response) => {
  if (request.url === '/api/weir-token' && request.method === 'POST') return sendToken(request, response)
  const path = normalize(new URL(request.url, ORIGIN).pathname).replace(/\/$/, '/index.html')
  const type = types[extname(path)]
  const file = type && (await readFile(join(folder, path)).catch(() => undefined))
  if (file === undefined) return response.writeHead(404).end()
  response.writeHead(200, { ...headers, 'content-type': type }).end(file)
})

/** Mints a token that costs at most 20 cents, for one user, ten minutes and this page. */
async function sendToken(request, response) {
  const user = findUser(request)
  const minted = await fetch(`${WEIR_URL}/v1/client_tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${WEIR_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ end_user: user, origins: [ORIGIN], models: ['demo/*'], max_usd: 0.2, expires_in: 600 }),
  })
  response.writeHead(minted.status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(await minted.text())
}

/** Replace this: read your own session cookie, and answer 401 if there is none. Whoever gets a token can spend it. */
function findUser(_request) {
  return 'user-1'
}

server.listen(Number(PORT), () => console.log(`The page is at ${ORIGIN}, served from port ${server.address().port}`))
