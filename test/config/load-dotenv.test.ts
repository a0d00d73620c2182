import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadDotenv } from '../../src/platform/node/config/load-environment.ts'

let cwd = ''

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'weir-dotenv-'))
})

afterEach(() => rm(cwd, { recursive: true }))

test('reads both files in development; the second overrides the first', async () => {
  await writeFile(join(cwd, '.env'), '\ufeffA=1\nB="two words" # note\nexport C=3\n')
  await writeFile(join(cwd, '.dev.vars'), 'A=from dev.vars\n')
  expect(await loadDotenv({ cwd, env: { PATH: '/bin' } })).toEqual({
    env: { A: 'from dev.vars', B: 'two words', C: '3', PATH: '/bin' },
    files: [join(cwd, '.env'), join(cwd, '.dev.vars')],
  })
})

test('prefers the real environment, even an empty variable', async () => {
  await writeFile(join(cwd, '.env'), 'A=file\nB=file\n')
  expect((await loadDotenv({ cwd, env: { A: 'real', B: '' } })).env).toEqual({ A: 'real', B: '' })
})

test('reads nothing in production', async () => {
  await writeFile(join(cwd, '.env'), 'A=file\n')
  expect(await loadDotenv({ cwd, env: { NODE_ENV: 'production' } })).toEqual({
    env: { NODE_ENV: 'production' },
    files: [],
  })
})

test('accepts missing files, and ignores a folder of that name', async () => {
  await mkdir(join(cwd, '.env'))
  expect(await loadDotenv({ cwd, env: {} })).toEqual({ env: {}, files: [] })
})
