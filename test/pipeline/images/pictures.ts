import { image } from '../../support/fixtures.ts'

/** One transparent pixel. */
export const pngBase64 = image.data[0]?.b64_json ?? ''
export const png = Buffer.from(pngBase64, 'base64')

/** The minimum that readers of each format examine. */
export const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex')
export const gif = Buffer.from('47494638396101000100800000000000ffffff2c00000000010001000002024401003b', 'hex')
export const webp = Buffer.concat([Buffer.from('RIFF\x1a\0\0\0WEBPVP8L', 'latin1'), Buffer.alloc(14)])

/** S51: active content that a browser would run if its type were declared as SVG or HTML. */
export const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>')
export const page = Buffer.from('<!doctype html><script>alert(document.domain)</script>')
export const polyglot = Buffer.concat([png, page])
