import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { openTerminal } from '../../scripts/deploy/terminal.ts'

test('hides a secret and echoes any other reply', async () => {
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
])('%s cancels at a question, with a message that nothing was published', async (_name, key) => {
  const { input, terminal } = open()
  const reply = terminal?.ask('A name: ')
  input.write(key)
  await expect(reply).rejects.toThrow('Deployment cancelled; nothing was published.')
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
