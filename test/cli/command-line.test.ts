import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CommandError } from '../../src/platform/node/commands/command-error.ts'
import { type CommandGroup, commandGroups } from '../../src/platform/node/commands/command-groups.ts'
import { runCommand } from '../../src/platform/node/commands/run-command.ts'
import { runWeir } from './run-weir.ts'

const secret = 'sk-pasted-in-a-wrong-place-77b1'
const id = 'key_019a'

/** Each is refused before anything is opened. */
const refusals: readonly (readonly [line: string, words: string])[] = [
  ['keys', 'There are create, import, list'],
  ['keys lst', 'Did you mean list?'],
  ['keys create --modles gpt-4*', 'weir keys create has no option --modles. Did you mean --models?'],
  [`keys create ${secret}`, 'A word too many'],
  [`keys create --name x --secret ${secret}`, '--secret takes - alone'],
  [`keys import --name x --secret=${secret}`, '--secret takes - alone'],
  [`keys import ${secret}`, 'A word too many'],
  ['keys import --name x --from-json -', 'leaves nothing on stdin for the secret'],
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
  [`keys create --name x --parent ${secret}`, '--parent must be the id of a key'],
  ['keys show', 'KEY is missing: weir keys show KEY'],
  [`keys show ${secret}`, 'KEY must be the id of a key'],
  ['keys show ../usage', 'KEY must be the id of a key'],
  [`keys update ${id}`, 'Say what to change'],
  [`keys rotate ${id} --overlap long`, 'such as 24h'],
  [`keys rotate ${id} ${secret}`, 'A word too many'],
  [`keys delete ${id}`, 'Add --yes'],
  [`usage --key ${secret}`, '--key must be the id of a key'],
  ['usage --key=', '--key must be the id of a key'],
  ['usage --format csv --json', '--json and --format'],
  ['usage --url ai.example.com', '--url (or WEIR_URL) must be'],
  ['usage --url ftp://ai.example.com', '--url (or WEIR_URL) must be'],
  [`usage --url https://me:${secret}@ai.example.com`, '--url (or WEIR_URL) must be'],
  [`usage --url https://ai.example.com/?x=${secret}`, '--url (or WEIR_URL) must be'],
  ['usage --url https://ai.example.com', 'Set ADMIN_TOKEN in the environment'],
  ['usage --url https://ai.example.com --config x.yaml', 'Give one of them'],
  ['audit --limit 0', '--limit must be at least 1'],
  [`admin-token ${secret}`, 'The secret is made, not given'],
  ['admin-token --url https://ai.example.com', 'files of this machine only'],
]

test.each(refusals)('S21 what is wrong with a command is said without its values: weir %s', async (line, words) => {
  const [group, ...args] = line.split(' ')
  const error = await runCommand(group as CommandGroup, args, {}).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CommandError)
  const { message, exitCode } = error as CommandError
  expect(message).toContain(words)
  expect(message).not.toContain(secret)
  expect(exitCode).toBe(2)
})

test('S21 an ADMIN_TOKEN that no header can hold is refused and not repeated', async () => {
  for (const token of [`${secret}\u00fc`, `${secret}\nx: y`, `${secret} `.repeat(2)]) {
    const run = runCommand('usage', ['--url', 'https://ai.example.com'], { ADMIN_TOKEN: token })
    const error = await run.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('ADMIN_TOKEN has a character') })
    expect(String(error)).not.toContain(secret)
  }
})

test('a wrong command line ends with 2, and touches nothing', async () => {
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

test('every example of docs/cli.md is understood', async () => {
  const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const examples = [...text.matchAll(/^weir (.*)$/gm)].map(([, line = '']) => line.replace(/ *[#<>].*$/, ''))
  expect(examples.length).toBeGreaterThan(10)
  // What would read a secret from stdin, and what is for files only.
  for (const example of examples.filter((line) => !/import|--secret|admin-token/.test(line))) {
    const words = example.match(/'[^']*'|\S+/g) ?? []
    const [group, ...args] = words.map((word) => word.replaceAll("'", '').replace('\u2026', ''))
    const run = runCommand(group as CommandGroup, [...args, '--url', 'http://127.0.0.1:1'], { ADMIN_TOKEN: 'x' })
    await expect(run, example).rejects.toThrow(/cannot be reached/)
  }
})

test('every command tells what it takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-cli-help-'))
  const all = await runWeir(['--help'], { folder })
  for (const group of commandGroups) {
    expect(all.stdout).toContain(`  weir ${group} `)
    const { code, stdout, stderr } = await runWeir([group, '--help'], { folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^weir ${group}\\b`))
  }
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})
