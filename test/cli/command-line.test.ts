import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { CommandError } from '../../src/platform/node/commands/command-error.ts'
import { runProgram } from '../../src/platform/node/commands/program.ts'
import { projectRoot } from '../architecture/source-files.ts'
import { mustRunHere, runWeir } from './run-weir.ts'

const secret = 'sk-pasted-in-a-wrong-place-77b1'
const id = 'key_019a'

/** Each command line is rejected before anything is opened. */
const refusals: readonly (readonly [line: string, words: string])[] = [
  ['keys lst', 'weir keys has no command `lst`. Did you mean list? See weir keys --help.'],
  [`keys ${secret}`, 'weir keys has no command of this name'],
  ['usge', 'weir has no command `usge`. Did you mean usage?'],
  ['serv --port 1', 'Did you mean serve?'],
  ['--prot 1', 'weir serve has no option --prot. Did you mean --port?'],
  [`keys create --parnt=${secret}`, 'weir keys create has no option --parnt. Did you mean --parent?'],
  ['keys create --modles gpt-4*', 'weir keys create has no option --modles. Did you mean --models?'],
  [`keys create ${secret}`, 'Unexpected argument'],
  [`keys create --name x --secret ${secret}`, '--secret accepts only -'],
  [`keys import --name x --secret=${secret}`, '--secret accepts only -'],
  [`keys import ${secret}`, 'Unexpected argument'],
  ['keys import --name x --from-json -', 'and the secret cannot both be read from stdin'],
  ['keys create --name x --rpm many', '--rpm must be a whole number, or none'],
  ['keys create --name x --rpm 1 --rpm 2', '--rpm appears twice'],
  ['keys create --name x --rpm', '--rpm'],
  ['keys create --name x --per-call -1', '--per-call'],
  ['keys create --name x --per-call 0.0000000001', 'at most nine decimals'],
  ['keys create --name x --budget 10', 'such as 10/month'],
  ['keys create --name x --budget -5/day', '--budget'],
  ['keys create --name x --budget 10/year', 'day, week, month or total'],
  ['keys create --name x --expires soon', 'such as 30d'],
  ['keys create --name x --expires 999999999w', 'such as 30d'],
  ['keys create --name x --label team', 'such as team=search'],
  ['keys create --name x --label a=1 --label a=2', 'the same label twice'],
  [`keys create --name x --parent ${secret}`, '--parent must be the id or the name of a key'],
  ['keys create --name --json', '--name needs a value'],
  [`keys show x --json=${secret}`, '--json takes no value. See weir keys show --help.'],
  [`keys delete --yes=${secret}`, '--yes takes no value.'],
  [`keys create --name x --no-shadow=${secret}`, '--no-shadow takes no value.'],
  [`serve --help=${secret}`, '--help takes no value.'],
  [`--port 1 check-config ${secret}`, 'Unexpected argument. Usage: weir check-config [options].'],
  [`--port 1 ${secret}`, 'Unexpected argument. Usage: weir serve [options].'],
  ['keys show', "Missing required argument 'key'. See weir keys show --help."],
  [`keys show ${secret}`, 'this looks like a secret'],
  [`keys update ${id}`, 'Name at least one field to change'],
  [`keys rotate ${id} --overlap long`, 'such as 24h'],
  [`keys rotate ${id} ${secret}`, 'Unexpected argument'],
  [`keys delete ${id}`, 'Add --yes'],
  [`end-users erase --key ${id} --user ada`, 'Add --yes'],
  [`end-users erase --key ${secret} --user ada --yes`, 'this looks like a secret'],
  [`end-users erase --key ${id}`, '--user'],
  [`end-users export --key ${id} --user=`, '--user must not be empty'],
  ['tokens revoke', 'Add --yes'],
  ['tokens revoke --user ada', '--user needs --key'],
  ['tokens revoke --id ct_019a', '--id needs --key'],
  [`tokens revoke --key ${secret}`, 'this looks like a secret'],
  [`tokens revoke --key ${id} --user ada --id ct_019a`, '--user and --id cannot be combined'],
  [`tokens revoke --key ${id} --user=`, '--user must not be empty'],
  [`tokens revoke --key ${id} --id ${secret}`, 'this looks like the token itself'],
  [`tokens revoke --key ${id} --id ct_019a --before 1h`, 'Use one of them'],
  [`tokens revoke --key ${id} --before 2030-01-31T08:00`, 'a duration ago such as 15m'],
  [`usage --key ${secret}`, 'this looks like a secret'],
  ['usage --key=', '--key must be the id or the name of a key'],
  [`usage --format ${secret}`, '--format must be one of csv, jsonl, json'],
  ['usage --format csv --json', '--json and --format'],
  ['usage --url ai.example.com', '--url (or WEIR_URL) must be'],
  ['usage --url ftp://ai.example.com', '--url (or WEIR_URL) must be'],
  [`usage --url https://me:${secret}@ai.example.com`, '--url (or WEIR_URL) must be'],
  [`usage --url https://ai.example.com/?x=${secret}`, '--url (or WEIR_URL) must be'],
  ['usage --url https://ai.example.com', 'Set ADMIN_TOKEN in the environment'],
  ['usage --url https://ai.example.com --config x.yaml', 'Use only one of them'],
  ['audit --limit 0', '--limit must be at least 1'],
  [`admin-token ${secret}`, 'Unexpected argument. Usage: weir admin-token [options].'],
  ['admin-token --url https://ai.example.com', 'weir admin-token has no option --url'],
  [`completion ${secret}`, '<shell> must be one of bash, zsh, fish'],
]

test.each(refusals)('S21 the message for a wrong command line does not repeat values: weir %s', async (line, words) => {
  const error = await runProgram(line.split(' '), { env: {} }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CommandError)
  const { message, exitCode } = error as CommandError
  expect(message).toContain(words)
  expect(message).not.toContain(secret)
  expect(exitCode).toBe(2)
})

test('S21 an ADMIN_TOKEN that no header can contain is rejected and not repeated', async () => {
  for (const token of [`${secret}\u00fc`, `${secret}\nx: y`, `${secret} `.repeat(2)]) {
    const run = runProgram(['usage', '--url', 'https://ai.example.com'], { env: { ADMIN_TOKEN: token } })
    const error = await run.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('ADMIN_TOKEN has a character') })
    expect(String(error)).not.toContain(secret)
  }
})

test('a wrong command line exits with 2 and creates no files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-cli-refused-'))
  const lines = [
    ['keys', 'create', '--rpmm', '1'],
    ['keys', 'show', secret],
    ['kys', secret],
    ['serve', secret],
  ]
  for (const args of lines) {
    const { code, stdout, stderr } = await runWeir(args, { folder })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr).not.toContain(secret)
  }
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

test('every example in docs/cli.md is a valid command line', async () => {
  const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const examples = [...text.matchAll(/^weir (.*)$/gm)].map(([, line = '']) => line.replace(/ *[#<>].*$/, ''))
  expect(examples.length).toBeGreaterThan(10)
  // The others read a secret from stdin, or use no server.
  for (const example of examples.filter(
    (line) => !/import|--secret|admin-token|backup|restore|completion/.test(line),
  )) {
    const words = example.match(/'[^']*'|\S+/g) ?? []
    const args = words.map((word) => word.replaceAll("'", '').replace('\u2026', ''))
    const run = runProgram([...args, '--url', 'http://127.0.0.1:1'], { env: { ADMIN_TOKEN: 'x' } })
    await expect(run, example).rejects.toThrow(/cannot be reached/)
  }
})

/** Runs a command in this process and returns its output on stdout. */
async function outputOf(...args: readonly string[]): Promise<string> {
  const chunks: string[] = []
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk, ...rest) => {
    chunks.push(String(chunk))
    for (const done of rest) if (typeof done === 'function') done()
    return true
  })
  try {
    await runProgram(args, { env: {} })
    return chunks.join('')
  } finally {
    write.mockRestore()
  }
}

const commands = [
  ...['serve', 'check-config', 'usage', 'records', 'prices', 'audit', 'admin-token', 'backup', 'restore', 'completion'],
  ...['create', 'import', 'list', 'show', 'balance', 'update', 'disable', 'enable', 'rotate', 'delete'].map(
    (name) => `keys ${name}`,
  ),
  ...['export', 'erase'].map((name) => `end-users ${name}`),
  ...['list', 'create', 'update', 'disable', 'enable', 'delete'].map((name) => `people ${name}`),
  ...['create', 'list', 'delete'].map((name) => `links ${name}`),
  'tokens revoke',
  'route explain',
]

test('the help of every command shows its arguments, its options with defaults, and an example', async () => {
  const all = await outputOf('--help')
  for (const group of ['Server:', 'Virtual keys:', 'Reports:', 'Administration:', 'Shell:'])
    expect(all).toContain(`\n${group}\n`)
  for (const name of commands) {
    expect(all).toMatch(new RegExp(`^  ${name.split(' ')[0]} `, 'm'))
    const help = await outputOf(...name.split(' '), '--help')
    expect(help).toMatch(new RegExp(`^Usage: weir ${name} \\[options\\]`))
    expect(help).toMatch(new RegExp(`\nExample:\n  (eval "\\$\\()?weir ${name}\\b`))
    if (/^keys (?!create|import|list)/.test(name)) expect(help).toMatch(/\nArguments:\n {2}key /)
  }
  const help = (await outputOf('keys', 'create', '--help')).replace(/\s+/g, ' ')
  expect(help).toContain(
    '--models <list> Patterns of allowed models, such as gpt-6* or openai/*. (default: every model)',
  )
})

test('help and version exit with 0 and create no files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-cli-help-'))
  for (const args of [['--help'], ['keys', 'create', '-h'], ['--version']])
    expect(await runWeir(args, { folder })).toMatchObject({ code: 0, stderr: '' })
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

test('a group without a command prints its help on stderr and exits with 2', async () => {
  const result = await runWeir(['keys'], { folder: tmpdir() })
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr).toMatch(/^Usage: weir keys /)
})

test('case E8 --help and the documentation list WORKERS and the exit codes', async () => {
  const { stdout } = await runWeir(['--help'], { folder: tmpdir() })
  expect(stdout).toMatch(/^ {2}WORKERS /m)
  expect(stdout).toMatch(/^Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /m)
  expect((await runWeir(['serve', '--help'], { folder: tmpdir() })).stdout).toContain('(WORKERS)')
  const read = (path: string) => readFile(join(projectRoot, path), 'utf8')
  const configuration = await read('docs/configuration.md')
  for (const variable of ['WORKERS', 'WEIR_URL']) expect(configuration).toContain(`\n| \`${variable}\` |`)
  expect(await read('docs/cli.md')).toMatch(/\| 0 \|.*\n\| 1 \|.*\n\| 2 \|/)
})

test.each([['check-config', 'serve'].map((command) => [command, { WORKERS: 'many' }] as const)].flat())(
  'case E8 %s exits with 2 if WORKERS is wrong',
  async (command, env) => {
    const result = await runWeir([command], { folder: tmpdir(), env })
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/WORKERS: must be/) })
  },
)

test('options may precede the command, and the last value of a repeated server option wins', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-cli-order-'))
  for (const name of ['one', 'two'])
    await writeFile(join(folder, `${name}.yaml`), `storage: { path: none }\ndefault_provider: demo # ${name}\n`)
  const check = async (line: string) => (await mustRunHere(line.split(' '), { folder })).stdout.split('\n')[0]
  const valid = `The configuration is valid (${join(folder, 'two.yaml')}).`
  expect(await check('--config two.yaml check-config')).toBe(valid)
  expect(await check('--config=two.yaml --port 9000 check-config --host localhost')).toBe(valid)
  expect(await check('--config one.yaml check-config --config two.yaml')).toBe(valid)
  expect(await check('check-config --port 9001 --port 9002 --config two.yaml')).toBe(valid)
  const help = await outputOf('--port', '9000', 'serve', '--help')
  expect(help).toMatch(/^Usage: weir serve /)
  expect(await outputOf('--config', 'serve', '--help')).toBe(help)
  expect(await outputOf('--json', 'keys', 'show', '--help')).toMatch(/^Usage: weir keys show /)
  await rm(folder, { recursive: true })
})

/** Returns the words with which bash completes the last one. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const line = `eval "$(cat)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weir; printf '%s\\n' "\${COMPREPLY[@]}"`
  const script = await outputOf('completion', 'bash')
  const child = promisify(execFile)('bash', ['-c', line, 'bash', 'weir', ...words])
  child.child.stdin?.end(script)
  return (await child).stdout.split('\n').filter((word) => word !== '')
}

test.runIf(existsSync('/bin/bash'))('the printed script completes commands, options and values in bash', async () => {
  expect(await complete('')).toEqual(expect.arrayContaining(['serve', 'keys', 'usage', 'completion', '--help']))
  expect(await complete('keys', 'ro')).toEqual(['rotate'])
  expect(await complete('tokens', 'revoke', '--be')).toEqual(['--before'])
  expect(await complete('keys', 'create', '--bu')).toEqual(['--budget'])
  expect(await complete('--po')).toEqual(['--port'])
  expect(await complete('usage', '--format', '')).toEqual(['csv', 'jsonl', 'json'])
  expect(await complete('route', 'explain', '--in')).toEqual(['--input', '--input-tokens'])
  expect(await complete('route', 'explain', '--operation', '')).toContain('messages')
  expect(await complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']))
  expect(await complete('keys', 'show', 'x')).toEqual([])
})

test('completion prints a script for zsh and for fish', async () => {
  for (const shell of ['zsh', 'fish']) {
    const script = await outputOf('completion', shell)
    for (const word of ['check-config', 'rotate', 'default-max-tokens', 'csv jsonl json'])
      expect(script).toContain(word)
  }
})
