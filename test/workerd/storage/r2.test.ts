import { expect, it } from 'vitest'
import { createR2BlobStore } from '../../../src/platform/cloudflare/storage/create-r2-blob-store.ts'
import { describeBlobStore, describeReplacement } from '../../storage/contract/blob-store.ts'
import { bindings } from './bindings.ts'

const open = async () => ({ store: createR2BlobStore(bindings.BLOBS), close: () => {} })
describeBlobStore('R2', open)
describeReplacement('R2', open)

it('rejects with store_unavailable if the bucket is unreachable', async () => {
  const broken = {
    get: () => Promise.reject(new Error('get: We encountered an internal error. Please try again. (10001)')),
  }
  const store = createR2BlobStore(broken as unknown as R2Bucket)
  await expect(store.read(`img_${'0'.repeat(32)}`)).rejects.toMatchObject({ code: 'store_unavailable', status: 503 })
})
