import { expect, test } from 'vitest'
import { renderFields, renderTable } from '../../src/platform/node/commands/print.ts'

test('columns fit their cells, and numbers are right-aligned', () => {
  const rows = [
    ['ann', '5', '-'],
    ['王小明', '1000.5', 'x'],
  ]
  expect(renderTable(['name', 'calls', 'note'], rows)).toBe(
    ['name     calls  note', 'ann          5  -', '王小明  1000.5  x', ''].join('\n'),
  )
  expect(renderTable(['name'], [])).toBe('')
})

test('S68 control characters are replaced, and line breaks start no new line', () => {
  const evil = 'a\u001b[2Jb\r\nc\u202ed\u009b'
  expect(renderTable(['user'], [[evil]])).toBe('user\na\ufffd[2Jb\ufffd\ufffdc\ufffdd\ufffd\n')
  expect(renderFields([['name', evil]])).toBe('name  a\ufffd[2Jb\ufffd\ufffdc\ufffdd\ufffd\n')
})
