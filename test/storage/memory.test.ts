import { describeBlobStore, describeReplacement } from './contract/blob-store.ts'
import { describeImageStore } from './contract/image-store.ts'
import { describeSessionStore } from './contract/session-store.ts'
import { createMemoryBlobStore } from './model/create-memory-blob-store.ts'
import { createMemoryImageStore } from './model/create-memory-image-store.ts'
import { createMemorySessionStore } from './model/create-memory-session-store.ts'

const close = () => {}

describeSessionStore('memory', async () => ({ store: createMemorySessionStore(), close }))
describeImageStore('memory', async () => ({ store: createMemoryImageStore(), close }))
const open = async () => ({ store: createMemoryBlobStore(), close })
describeBlobStore('memory', open)
describeReplacement('memory', open)
