import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { openTerminal } from '../../scripts/deploy/terminal.ts'

test('a secret does not appear on the screen, and any other answer does', async () => {
  const { input, terminal, screen } = open()
  const secret = terminal?.ask('TOKEN: ', { isHidden: true })
  input.write('token-of-the-test\r')
  expect(await secret).toBe('token-of-the-test')
  expect(screen()).toBe('TOKEN: \n')
  const name = terminal?.ask('A name: ')
  input.write(' ada \r')
  expect(await name).toBe('ada')
  expect(screen()).toContain('A name: ')
  expect(screen()).toContain('ada')
})

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s leaves a question, and says that nothing was published', async (_name, key) => {
  const { input, terminal } = open()
  const answer = terminal?.ask('A name: ')
  input.write(key)
  await expect(answer).rejects.toThrow('The deployment was left, and nothing was published.')
})

test('asks nothing in CI, and nothing without a terminal', () => {
  const screen = Object.assign(new PassThrough(), { isTTY: true })
  expect(openTerminal(new PassThrough(), screen, false)).toBeUndefined()
  expect(openTerminal(Object.assign(new PassThrough(), { isTTY: true }), screen, true)).toBeUndefined()
})

function open() {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = Object.assign(new PassThrough(), { isTTY: true })
  const chunks: Buffer[] = []
  output.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { input, terminal: openTerminal(input, output, false), screen: () => Buffer.concat(chunks).toString() }
}
