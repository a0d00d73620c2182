import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Gateway, gatewayToken } from '../support/gateway.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))

/** The output of each example. */
const outputs: Readonly<Record<string, RegExp>> = {
  'curl-chat.sh': /^\{.*"content":"\*\*Weir demo\.\*\*.*"usage":\{.*\}$/s,
  'curl-stream.sh': /^data: \{.*"usage":\{.*\ndata: \[DONE\]\s*$/s,
  'embeddings.ts': /^0\.\d\d A weir raises the level of a river\.\n(-?0\.\d\d .*\n){2}$/,
  'fetch-browser.js': /^\*\*Weir demo\.\*\*.*> Hello!.*real answers\.$/s,
  'images.ts': /^weir\.png is drawn\n$/,
  'openai-node.ts': /^\*\*Weir demo\.\*\*.*> Hello!.*\*\*Weir demo\.\*\*.*> Hello again!.*real answers\.\n$/s,
  'structured-output.ts': /^\{\s+name: '.+',\s+participants: \[.+\],\s+days: [1-7]\s+\}\n$/s,
  'tools.ts': /^The model asks for the weather in .+\.\n.*Sunny, 21 °C.*$/s,
}

let gateway: Gateway
let folder: string

beforeAll(async () => {
  gateway = await startNodeGateway({ env: { DEMO: 'true', DEMO_WORD_DELAY_MS: '0', TOKEN: gatewayToken } })
  folder = await mkdtemp(join(tmpdir(), 'weir-examples-'))
})

afterAll(async () => {
  await gateway.close()
  await rm(folder, { recursive: true })
})

test('this test runs every example; folders have separate tests', async () => {
  const entries = await readdir(examples, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  expect(files.toSorted()).toEqual(Object.keys(outputs))
})

test.each(Object.entries(outputs))('%s prints its result', async (name, output) => {
  expect(await run(name)).toMatch(output)
})

test('images.ts writes a PNG to its working directory', async () => {
  await run('images.ts')
  expect((await readFile(join(folder, 'weir.png'))).subarray(1, 4).toString()).toBe('PNG')
})

test('an example with a wrong token prints the error', async () => {
  const refused = /not valid here|"code":"invalid_api_key"/
  for (const name of Object.keys(outputs)) await expect(run(name, { TOKEN: 'wrong' })).rejects.toThrow(refused)
})

test.each(['README.md', 'README.zh-CN.md'])(
  'the first response in %s has the usage that the demo reports',
  async (name) => {
    const readme = await readFile(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8')
    const [, body = ''] = /-d '(\{.*\})'/.exec(readme) ?? []
    const [, promptTokens, completionTokens] = /"prompt_tokens":(\d+),\s*"completion_tokens":(\d+)/.exec(readme) ?? []
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gatewayToken}`, 'content-type': 'application/json' },
      body,
    })
    expect(await response.json()).toMatchObject({
      usage: { prompt_tokens: Number(promptTokens), completion_tokens: Number(completionTokens) },
    })
  },
)

async function run(name: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const interpreter = name.endsWith('.sh') ? 'sh' : process.execPath
  const { stdout } = await promisify(execFile)(interpreter, [join(examples, name)], {
    cwd: folder,
    env: { PATH: process.env.PATH, WEIR_URL: gateway.url, TOKEN: gatewayToken, ...env },
    timeout: 15_000,
  }).catch((error: Error & { readonly stdout: string; readonly stderr: string }) => {
    throw new Error(`${name} failed:\n${error.stdout}${error.stderr}`)
  })
  return stdout
}
