import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/platform/node/config/load-config.ts'

let cwd = ''

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'weir-config-'))
})

afterEach(() => rm(cwd, { recursive: true }))

test('returns no configuration if no file exists', async () => {
  expect(await loadConfig({ cwd, env: {} })).toEqual({ path: undefined, config: undefined })
})

test.each([
  ['weir.config.yaml', '# mine\nserver:\n  port: 1\n'],
  ['weir.config.yml', '\ufeffserver: {port: 1}'],
  ['weir.config.json', '{\n\t"server": {\n\t\t"port": 1\n\t}\n}\n'],
  ['weir.config.ts', 'interface A { a: number }\nconst a: A = { a: 1 }\nexport default { server: { port: a.a } }\n'],
  ['weir.config.mjs', 'export default { server: { port: await Promise.resolve(1) } }\n'],
])('reads %s', async (name, text) => {
  const path = await write(name, text)
  expect(await loadConfig({ cwd, env: {} })).toEqual({ path, config: { server: { port: 1 } } })
})

test('reads an empty file as an empty configuration', async () => {
  await write('weir.config.yaml', '# nothing yet\n')
  expect((await loadConfig({ cwd, env: {} })).config).toEqual({})
})

test('reads the file of --config or WEIR_CONFIG, relative to the working directory', async () => {
  await write('weir.config.yaml', 'passthrough: found')
  await write('a.yaml', 'passthrough: option')
  await write('b.yaml', 'passthrough: variable')
  const load = async (path: string | undefined, env: Readonly<Record<string, string>>) =>
    (await loadConfig({ cwd, env, path })).config
  expect(await load('a.yaml', { WEIR_CONFIG: 'b.yaml' })).toEqual({ passthrough: 'option' })
  expect(await load(undefined, { WEIR_CONFIG: './b.yaml' })).toEqual({ passthrough: 'variable' })
  expect(await load(join(cwd, 'a.yaml'), {})).toEqual({ passthrough: 'option' })
})

test('does not read inline JSON in WEIR_CONFIG as a path', async () => {
  expect(await loadConfig({ cwd, env: { WEIR_CONFIG: '{"server":{}}' } })).toEqual({
    path: undefined,
    config: undefined,
  })
})

test('refuses to choose between two files', async () => {
  await write('weir.config.yaml', '')
  await write('weir.config.json', '{}')
  expect(await problems({})).toEqual([
    expect.stringMatching(/^there are 2 configuration files: .*yaml, .*json\. Keep one/),
  ])
})

test.each(['none.yaml', 'none.json', 'none.ts', 'none.mjs'])(
  'reports that the file %s does not exist',
  async (path) => {
    expect(await problems({ path })).toEqual([`${join(cwd, path)}: there is no such file.`])
  },
)

test('reports a folder in place of the file', async () => {
  await mkdir(join(cwd, 'x.yaml'))
  expect(await problems({ path: 'x.yaml' })).toEqual([`${join(cwd, 'x.yaml')}: is a folder.`])
})

test('refuses a file of another type', async () => {
  await write('weir.toml', '')
  expect(await problems({ path: 'weir.toml' })).toEqual([expect.stringContaining('.yaml, .yml, .json, .ts or .mjs')])
})

test.each([
  ['weir.config.yaml', 'server:\n  port: 1\n  port: 2\n', ':3:3: '],
  ['weir.config.yaml', 'a: [1\nb: "canary', ':2:'],
  ['weir.config.yaml', 'a: 1\nb: !canary x\n', ':2:4: '],
  ['weir.config.yaml', 'a:\n\t- canary\n', ':2:1: '],
  ['weir.config.json', '{\n  "token": "canary",\n  "token": "canary"\n}', ':3:3: '],
  ['weir.config.json', '{\n  "token": "canary",\n  "x": [\n}', ':4:1: '],
])('names line and column in %s: %j', async (name, text, place) => {
  const path = await write(name, text)
  const [first = ''] = await problems({})
  expect(first.startsWith(`${path}${place}`)).toBe(true)
})

test.each(['{"token": "canary",}', '{token: "canary"}', '{"token": "canary"} # note', '{"token": canary}'])(
  'suggests YAML for %s, without repeating it',
  async (text) => {
    await write('weir.config.json', text)
    const found = await problems({})
    expect(found).toEqual([expect.stringMatching(/is not valid JSON.*weir\.config\.yaml\.$/)])
    expect(found.join()).not.toContain('canary')
  },
)

test('refuses aliases that multiply exponentially', async () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
  for (const [from, to] of ['ab', 'bc', 'cd', 'de'].map((pair) => [...pair])) {
    bomb.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(', ')}]`)
  }
  await write('weir.config.yaml', bomb.join('\n'))
  expect(await problems({})).toEqual([expect.stringContaining('alias')])
})

test('reports why a program cannot run', async () => {
  await write('weir.config.mjs', 'throw new Error("no luck")')
  expect(await problems({})).toEqual([expect.stringMatching(/cannot be run: no luck\.$/)])
  await write('other.mjs', 'import "./missing.mjs"')
  expect(await problems({ path: 'other.mjs' })).toEqual([expect.stringMatching(/cannot be run: .*missing\.mjs/)])
  await write('third.ts', 'export const config = {}')
  expect(await problems({ path: 'third.ts' })).toEqual([expect.stringContaining('has no default export')])
})

async function write(name: string, text: string): Promise<string> {
  const path = join(cwd, name)
  await writeFile(path, text)
  return path
}

async function problems({ path }: { path?: string }): Promise<readonly string[]> {
  const error = await loadConfig({ cwd, env: {}, path }).catch((thrown: unknown) => thrown)
  return error instanceof ConfigError ? error.problems : []
}
