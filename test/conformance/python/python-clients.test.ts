import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { describeOnBoth } from '../../support/describe-on-both.ts'
import { gatewayToken, toOpenAIEnv } from '../../support/gateway.ts'
import knownDifferences from './known-differences.json' with { type: 'json' }
import { playOpenAI } from './play-openai.ts'

/**
 * The differences between a direct call and one through Weir, by path in the returned value, the exception or the
 * request.
 */
type Differences = Readonly<Record<string, { readonly direct?: unknown; readonly weir?: unknown }>>

interface ComparedCall {
  readonly call: string
  readonly differences: Differences
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const run = promisify(execFile)
const requirements = readFileSync(here('requirements.txt'), 'utf8')
const clientsDocument = readFileSync(here('../../../docs/clients.md'), 'utf8')
const folder = process.env.PYTHON_CLIENTS ?? here('../../../node_modules/.python-clients')
const clients = [
  { name: 'openai', script: 'call_openai.py' },
  { name: 'litellm', script: 'call_litellm.py' },
  { name: 'langchain-openai', script: 'call_langchain.py' },
  { name: 'instructor', script: 'call_instructor.py' },
]

const isInstalled = isSame(join(folder, 'requirements.txt'), requirements)
const missing = `Python's clients are not in ${folder}: \`npm run conformance:python\` installs them.`
if (!isInstalled) console.warn(`!! Nothing is compared with Python's clients: ${missing}`)

// CI sets PYTHON_CLIENTS; there this test must not be skipped.
test.skipIf(!isInstalled && process.env.PYTHON_CLIENTS === undefined)('Python’s clients are installed', () => {
  expect(isInstalled, missing).toBe(true)
})

test('docs/clients.md gives a reason for each difference, and no reason without one', () => {
  const [, table = ''] = clientsDocument.split('| with | without Weir | through Weir |')
  const reasons = [...table.matchAll(/^\| (?!---)(.*?) \|/gm)].map(([, reason]) => reason)
  expect(new Set(reasons)).toEqual(new Set(knownDifferences.map(({ why }) => why)))
})

describe.runIf(isInstalled)('Python’s clients', () => {
  describeOnBoth('compared', (start, { startUpstream }) => {
    test('see the same through Weir as without it, except for docs/clients.md', async () => {
      const compareOne = async ({ name, script }: (typeof clients)[number]) => {
        const upstream = await startUpstream()
        playOpenAI(upstream)
        const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
        const calls = await compare(script, { direct: upstream.url, weir: gateway.url, token: gatewayToken })
        return { name, calls, different: calls.filter(({ differences }) => Object.keys(differences).length > 0) }
      }
      // In parallel, because each is a separate process.
      const compared = await Promise.all(clients.map(compareOne))
      for (const { name, calls, different } of compared) {
        const found = Object.fromEntries(different.map(({ call, differences }) => [call, differences]))
        expect({ [name]: found }).toEqual({ [name]: findKnown(name) })
        const version = new RegExp(`^${name}==(.*)$`, 'm').exec(requirements)?.[1]
        const counts = [calls.length, calls.length - different.length, different.length]
        expect(clientsDocument).toContain(`| \`${name}\` | ${version} | ${counts.join(' | ')} |`)
      }
    }, 300_000)
  })
})

async function compare(script: string, surroundings: object): Promise<readonly ComparedCall[]> {
  const env = {
    PATH: process.env.PATH,
    // Excludes this machine's settings and internet access.
    NO_PROXY: '127.0.0.1',
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LANGSMITH_TRACING: 'false',
    PYTHONPYCACHEPREFIX: join(folder, 'pycache'),
  }
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const { stdout } = await run(python, [here(script), JSON.stringify(surroundings)], { env, maxBuffer: 2 ** 26 })
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{"call"'))
    .map((line) => JSON.parse(line) as ComparedCall)
}

/** The known differences of one client; docs/clients.md gives a reason for each. */
function findKnown(client: string): Readonly<Record<string, Differences>> {
  const known = knownDifferences.filter((each) => each.client === client)
  return Object.fromEntries(
    known.flatMap(({ calls, differences }) => calls.map((call) => [call, differences as Differences])),
  )
}

function isSame(file: string, text: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8') === text
}
