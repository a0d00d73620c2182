import { expect, onTestFinished, test, vi } from 'vitest'
import { collectSecrets } from '../../scripts/deploy/secrets.ts'
import { adminTokenProblem, tokenProblem } from '../../src/schema/text-problems.ts'

const admin = 'admin-token-of-the-test-0123456789'

test('generates a valid, new TOKEN and ADMIN_TOKEN each time the user presses Enter, and signing secrets unasked', async () => {
  const { values, made, notes } = await collect({ answers: ['', '', ''] })
  expect(Object.keys(made)).toEqual(['TOKEN', 'ADMIN_TOKEN'])
  expect(values).toEqual({ ...made, CLIENT_TOKEN_SECRETS: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect([tokenProblem(made.TOKEN ?? ''), adminTokenProblem(made.ADMIN_TOKEN ?? '')]).toEqual([undefined, undefined])
  expect(
    new Set([...Object.values(made), ...Object.values((await collect({ answers: ['', '', ''] })).made)]).size,
  ).toBe(4)
  expect(notes).toEqual([
    'The Worker has no provider’s key: add it with `npx wrangler secret put OPENAI_API_KEY --name weir` or in the dashboard.',
  ])
})

test('asks again for an invalid secret without showing it, and asks for the address of a provider that needs one', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  const { values, made, questions } = await collect({
    answers: ['short', 'token-of-the-test', admin, '3', 'key-of-the-test', 'https://ada.openai.azure.com'],
  })
  expect(log.mock.calls.flat()).toEqual([
    'It is too short and could be guessed: at least 8 characters. Generate one with `openssl rand -hex 32`.',
  ])
  expect(made).toEqual({})
  expect(values).toEqual({
    TOKEN: 'token-of-the-test',
    ADMIN_TOKEN: admin,
    AZURE_OPENAI_API_KEY: 'key-of-the-test',
    AZURE_OPENAI_ENDPOINT: 'https://ada.openai.azure.com',
    CLIENT_TOKEN_SECRETS: expect.any(String),
  })
  expect(questions.filter(({ isHidden }) => !isHidden).map(({ question }) => question)).toEqual([
    'A provider (1 openai, 2 deepinfra, 3 azure, 4 custom, 5 anthropic, 6 gemini, 7 openrouter, 8 deepseek, 9 groq, 10 mistral, 11 xai, 12 ollama, 13 vllm). Type its number, or press Enter to add one later: ',
    'AZURE_OPENAI_ENDPOINT, such as https://example.openai.azure.com: ',
  ])
})

test('asks for the address of a provider that is on this machine by default, which a Worker cannot reach', async () => {
  const answers = ['token-of-the-test', admin, 'ollama', 'https://ollama.com', 'key-of-the-test']
  const { values } = await collect({ answers })
  expect(values).toMatchObject({ OLLAMA_BASE_URL: 'https://ollama.com', OLLAMA_API_KEY: 'key-of-the-test' })
  const env = { TOKEN: 'token-of-the-test', ADMIN_TOKEN: admin, OPENAI_API_KEY: 'another-key' }
  const local = {
    OLLAMA_HOST: '0.0.0.0',
    VLLM_BASE_URL: 'http://localhost:8000',
    CUSTOM_BASE_URL: 'http://127.0.0.1:1/v1',
  }
  expect(Object.keys((await collect({ env: { ...env, ...local } })).values)).toEqual([
    ...Object.keys(env),
    'CLIENT_TOKEN_SECRETS',
  ])
})

test('asks for no secret that the Worker or the environment has, and replaces secrets only on request', async () => {
  const known = ['TOKEN', 'OPENAI_API_KEY', 'CLIENT_TOKEN_SECRETS']
  const env = { TOKEN: 'another-token-of-the-test', ADMIN_TOKEN: admin, DEEPINFRA_API_KEY: 'another-key' }
  const { values, questions } = await collect({ known, env })
  expect([values, questions]).toEqual([{ ADMIN_TOKEN: admin, DEEPINFRA_API_KEY: 'another-key' }, []])
  expect((await collect({ known, env, replaces: true })).values).toEqual(env)
})

test.each([
  [
    { TOKEN: 'changeme' },
    'TOKEN in the environment is a sample value that attackers try first. Generate one with `openssl rand -hex 32`.',
  ],
  [
    { TOKEN: 'token-of-the-test', ADMIN_TOKEN: 'too-short-for-it' },
    'ADMIN_TOKEN in the environment is too short for a secret that opens everything: at least 32 characters. Generate one with `openssl rand -hex 32`.',
  ],
  [
    { TOKEN: admin, ADMIN_TOKEN: admin },
    'ADMIN_TOKEN is the same as TOKEN, and must differ from it: make one with `openssl rand -hex 32`.',
  ],
])('refuses a weak secret of the environment before the upload (%#)', async (env, message) => {
  await expect(collect({ env, isTerminal: false })).rejects.toThrow(message)
})

interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly known?: readonly string[]
  readonly replaces?: boolean
  readonly isTerminal?: boolean
  readonly answers?: readonly string[]
}

async function collect({ env = {}, known = [], replaces = false, isTerminal = true, answers = [] }: Given) {
  const questions: { readonly question: string; readonly isHidden: boolean }[] = []
  const ask = async (question: string, { isHidden = false } = {}): Promise<string> => {
    questions.push({ question, isHidden })
    const answer = answers[questions.length - 1]
    if (answer === undefined) throw new Error(`not expected: ${question}`)
    return answer
  }
  const terminal = isTerminal ? { ask } : undefined
  const found = await collectSecrets({ worker: 'weir', env, known: new Set(known), replaces, terminal, isBuild: false })
  return { ...found, questions }
}
