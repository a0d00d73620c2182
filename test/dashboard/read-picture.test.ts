import { expect, it } from 'vitest'
import { readPicture } from '../../dashboard/src/gateway/create-image.ts'

it.each([
  ['png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['jpeg', [0xff, 0xd8, 0xff, 0xe0]],
  ['webp', [...Buffer.from('RIFF....WEBP')]],
  ['gif', [...Buffer.from('GIF89a')]],
])('knows a %s by its first bytes', (extension, bytes) => {
  const base64 = Buffer.from(bytes).toString('base64')
  expect(readPicture({ b64_json: base64 })).toEqual({
    kind: 'inline',
    dataUrl: `data:image/${extension};base64,${base64}`,
    extension,
  })
})

it('S47 shows nothing that is not one of those, such as SVG', () => {
  expect(readPicture({ b64_json: Buffer.from('<svg onload="alert(1)">').toString('base64') })).toBeUndefined()
})

it('S48 makes an address a link, and only where it leads to the web', () => {
  expect(readPicture({ url: 'https://images.example/1.png' })).toEqual({
    kind: 'remote',
    url: 'https://images.example/1.png',
  })
  expect(readPicture({ url: 'javascript:alert(1)' })).toBeUndefined()
})
