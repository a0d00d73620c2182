import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import { gatewayToken, upstreamKey } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'

const examples = fileURLToPath(new URL('../../examples/legacy/', import.meta.url))

const demo = '\\*\\*Weir demo\\.\\*\\*'
const picture = 'https?://\\S+'

/** The output of each example. */
const outputs: Readonly<Record<string, RegExp>> = {
  'chat.sh': new RegExp(`^\\{.*"content":"${demo}.*> Hello, how are you\\?.*\\}$`, 's'),
  'deepinfra-chat.sh': /^data: \{.*"content":"Hello".*\ndata: \[DONE\]\s*$/s,
  'deepinfra-models.sh':
    /^\{"object":"list","data":\[\{"id":"deepseek-ai\/DeepSeek-V3\.1",.*"openchat\/openchat_3\.5".*\]\}$/,
  'deepinfra-sdk.ts': /^Hello! How can I assist you today\?\n$/,
  'graphql-front-end.js': new RegExp(
    `^${demo}.*\\n${picture}\\nyou: {3}My name is Ada\\.\\nmodel: I shall remember that\\.\\nyou: {3}What is my name\\?\\nmodel: ${demo}.*\\n$`,
    's',
  ),
  'graphql.sh': new RegExp(
    `^\\{"data":\\{"getAIResponse":\\{"id":"msg_\\w+","content":"${demo}.*"success":true,"error":null\\}\\}\\}\\s*$`,
    's',
  ),
  'image.sh': new RegExp(`^\\{.*"url": ?"${picture}".*\\}$`, 's'),
  'rest-front-end.js': new RegExp(`^${demo}.*\\n${picture}\\n$`, 's'),
}

test('this test runs every example of the predecessors', async () => {
  expect((await readdir(examples)).toSorted()).toEqual(Object.keys(outputs))
})

describeOnBothStored('the predecessors’ examples', (start, { startUpstream }) => {
  test.each(Object.entries(outputs))('%s prints its result', async (name, output) => {
    const { url } = await open()
    expect(await run(name, { WEIR_URL: url, TOKEN: gatewayToken })).toMatch(output)
  })

  test('an example with a wrong token prints the error', async () => {
    const { url } = await open()
    const refused = /not valid here|"code":"invalid_api_key"/
    const env = { WEIR_URL: url, TOKEN: 'wrong-token-wrong-token' }
    for (const name of Object.keys(outputs)) await expect(run(name, env)).rejects.toThrow(refused)
  })

  /** Starts a gateway whose default provider is the demo and whose DeepInfra is the scripted upstream. */
  async function open() {
    const upstream = await startUpstream()
    upstream.respond({
      play: (wire, exchange) => {
        if (exchange.method === 'GET') return json(404, {}).play(wire, exchange)
        const { stream } = exchange.bodyJson as { readonly stream?: boolean }
        return (stream === true ? sse(chatChunks) : json(200, chatCompletion)).play(wire, exchange)
      },
    })
    return start({
      env: {
        TOKEN: gatewayToken,
        DEMO: 'true',
        DEMO_WORD_DELAY_MS: '0',
        DEFAULT_PROVIDER: 'demo',
        DEEPINFRA_API_KEY: upstreamKey,
        DEEPINFRA_BASE_URL: `${upstream.url}/v1/openai`,
      },
    })
  }
})

async function run(name: string, env: Readonly<Record<string, string>>): Promise<string> {
  const interpreter = name.endsWith('.sh') ? 'sh' : process.execPath
  const { stdout } = await promisify(execFile)(interpreter, [join(examples, name)], {
    env: { PATH: process.env.PATH, ...env },
    timeout: 15_000,
  }).catch((error: Error & { readonly stdout: string; readonly stderr: string }) => {
    throw new Error(`${name} failed:\n${error.stdout}${error.stderr}`)
  })
  return stdout
}
