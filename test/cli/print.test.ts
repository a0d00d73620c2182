import { expect, test } from 'vitest'
import { renderFields, renderTable } from '../../src/platform/node/commands/print.ts'

test('columns are as wide as their cells, and numbers end together', () => {
  const rows = [
    ['ann', '5', '-'],
    ['王小明', '1000.5', 'x'],
  ]
  expect(renderTable(['name', 'calls', 'note'], rows)).toBe(
    ['name     calls  note', 'ann          5  -', '王小明  1000.5  x', ''].join('\n'),
  )
  expect(renderTable(['name'], [])).toBe('')
})

test('S68 what a terminal would obey is shown, and starts no line of its own', () => {
  const evil = 'a\u001b[2Jb\r\nc\u202ed\u009b'
  expect(renderTable(['user'], [[evil]])).toBe('user\na\ufffd[2Jb\ufffd\ufffdc\ufffdd\ufffd\n')
  expect(renderFields([['name', evil]])).toBe('name  a\ufffd[2Jb\ufffd\ufffdc\ufffdd\ufffd\n')
})
