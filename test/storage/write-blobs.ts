// Run by folder.test.ts as a separate process: writes blobs endlessly and reports each acknowledged one.
import { openFolder } from '../../src/platform/node/storage/open-folder.ts'

const [path = ''] = process.argv.slice(2)
const store = await openFolder(path)
const bytes = new Uint8Array(1_000_000).fill(1)

for (let index = 0; ; index++) {
  const key = `img_${String(index).padStart(32, '0')}`
  await store.put(key, bytes, 'image/png')
  await new Promise((resolve) => process.send?.(key, resolve))
}
