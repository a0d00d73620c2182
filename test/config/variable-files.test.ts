import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { readVariableFiles } from '../../src/platform/node/config/read-variable-files.ts'

const secret = 'secret-of-a-file-8812'

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-files-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'secret'), `${secret}\r\n`)
  return folder
}

test.each([
  ['Weir’s own', 'TOKEN', undefined],
  ['a provider’s', 'OPENAI_API_KEY', undefined],
  ['one in a string of the configuration', 'GROQ', { providers: { groq: { api_key: `\${GROQ}` } } }],
  ['one in `api_key_env`', 'GROQ', { providers: { groq: { api_key_env: 'GROQ' } } }],
  ['one in `token_env`', 'MINE', { access: { token_env: 'MINE' } }],
])('case E3 reads the file of a variable: %s', async (_name, name, config) => {
  const cwd = await makeFolder()
  for (const path of ['secret', join(cwd, 'secret')])
    expect(await readVariableFiles({ cwd, env: { [`${name}_FILE`]: path }, config })).toEqual({ [name]: secret })
})

test('case E3 reads the file of a variable that WEIR_CONFIG refers to', async () => {
  const cwd = await makeFolder()
  const env = { WEIR_CONFIG: '{"access": {"token_env": "MINE"}}', MINE_FILE: 'secret' }
  expect(await readVariableFiles({ cwd, env, config: undefined })).toEqual({ MINE: secret })
})

test('reads no file of another program’s variable', async () => {
  const cwd = await makeFolder()
  const env = { SSL_CERT_FILE: 'secret', MY_FILE: 'nowhere', TOKEN_FILE: '' }
  expect(await readVariableFiles({ cwd, env, config: { log: {} } })).toEqual({})
})

test('case E3 S21 reports every unreadable file, and no content of one', async () => {
  const cwd = await makeFolder()
  await mkdir(join(cwd, 'folder'))
  await writeFile(join(cwd, 'empty'), '\n')
  const env = {
    ...{ TOKEN: 'set-too', TOKEN_FILE: 'secret', OPENAI_API_KEY_FILE: 'nowhere' },
    ...{ DEEPINFRA_API_KEY_FILE: 'folder', ADMIN_TOKEN_FILE: 'empty' },
  }
  const error = await readVariableFiles({ cwd, env, config: undefined }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  expect([...(error as ConfigError).problems].sort()).toEqual([
    `ADMIN_TOKEN_FILE: ${join(cwd, 'empty')}: is empty.`,
    `DEEPINFRA_API_KEY_FILE: ${join(cwd, 'folder')}: is a folder.`,
    `OPENAI_API_KEY_FILE: ${join(cwd, 'nowhere')}: there is no such file.`,
    'TOKEN_FILE: is set together with TOKEN. Keep one of them.',
  ])
  expect(String(error)).not.toContain(secret)
})
