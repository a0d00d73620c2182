import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLineWriter } from '../../src/platform/node/line-writer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open() {
  const written: string[] = []
  return { written, ...createLineWriter((text) => void written.push(text)) }
}

test('batches lines for 20 ms after the first', () => {
  const { write, written } = open()
  write('{"n":1}')
  vi.advanceTimersByTime(19)
  write('{"n":2}')
  expect(written).toEqual([])
  vi.advanceTimersByTime(1)
  expect(written).toEqual(['{"n":1}\n{"n":2}\n'])
  write('{"n":3}')
  vi.advanceTimersByTime(20)
  expect(written).toEqual(['{"n":1}\n{"n":2}\n', '{"n":3}\n'])
})

test('writes a full batch at once and starts a new one', () => {
  const { write, written } = open()
  const line = 'x'.repeat(1_024)
  for (let at = 0; at < 40; at++) write(line)
  expect(written).toEqual([`${line}\n`.repeat(16), `${line}\n`.repeat(16)])
  vi.advanceTimersByTime(20)
  expect(written.join('')).toBe(`${line}\n`.repeat(40))
})

test('flushes pending lines, and nothing if none are pending', () => {
  const { write, flush, written } = open()
  flush()
  write('a')
  flush()
  flush()
  vi.advanceTimersByTime(100)
  expect(written).toEqual(['a\n'])
})

test.each([
  ['ends because nothing is left to do', '', 0],
  ['exits', 'process.exit(3)', 3],
  ['ends by an uncaught exception', 'throw new Error("unforeseen")', 1],
  ['ends by an unhandled rejection', 'void Promise.reject(new Error("unforeseen"))', 1],
])('loses no line when the process %s', (_how, ending, code) => {
  const file = fileURLToPath(new URL('../../src/platform/node/line-writer.ts', import.meta.url))
  const script = `import { createLineWriter } from ${JSON.stringify(file)}
    const { write } = createLineWriter((text) => process.stdout.write(text))
    write('first')
    write('last')
    ${ending}`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([code, 'first\nlast\n'])
})
