import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ByteStream, pullStream } from '../../../core/byte-stream.ts'
import { GatewayError } from '../../../core/errors.ts'
import { isJsonObject } from '../../../core/json.ts'
import { type BlobStore, checkBlobKey, isBlobKey, type StoredBlob } from '../../../storage/blob-store.ts'
import { orUnavailable } from '../../../storage/store-unavailable.ts'
import { makeFolderPrivate } from './private-files.ts'

/** The first line of a file, `{"contentType":…,"size":…}`: one rename puts type and bytes in place together. */
interface Header {
  readonly contentType: string
  readonly size: number
}

const maxHeaderBytes = 1_024

/** Size of one read. */
const chunkBytes = 256 * 1_024

/** A temporary file of this age was left by a process that died. */
const leftoverAgeMs = 60 * 60 * 1_000

/**
 * Opens a folder as a blob store, and creates it if it is missing. Any number of processes may share it.
 * Call it at the start: its error contains the path and is for the operator.
 */
export async function openFolder(path: string): Promise<BlobStore> {
  try {
    makeFolderPrivate(path)
    await removeLeftovers(path)
    await checkWritable(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('store_unavailable', `Cannot write into the folder ${path}: ${reason}.`, { cause })
  }
  return {
    async put(key, bytes, contentType) {
      checkBlobKey(key)
      await orUnavailable(write(path, key, bytes, contentType))
    },
    async read(key) {
      return isBlobKey(key) ? orUnavailable(read(join(path, key))) : undefined
    },
    async delete(key) {
      if (isBlobKey(key)) await orUnavailable(rm(join(path, key), { force: true }))
    },
  }
}

async function write(folder: string, key: string, bytes: Uint8Array, contentType: string): Promise<void> {
  // The dot and the dashes prevent a collision with keys.
  const temporary = join(folder, `.${key}.${randomUUID()}.tmp`)
  const header: Header = { contentType, size: bytes.length }
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(header)}\n`)
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, join(folder, key))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  try {
    await syncFolder(folder)
  } catch (error) {
    // The caller gets an error and treats the blob as not stored, so nothing would ever delete the file.
    await rm(join(folder, key), { force: true }).catch(() => {})
    throw error
  }
}

/** Flushes the folder: a power failure could lose the new name. Windows cannot do this, and journals names itself. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function read(path: string): Promise<StoredBlob | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    const start = Buffer.alloc(maxHeaderBytes)
    const { bytesRead } = await file.read(start, 0, maxHeaderBytes, 0)
    const headerBytes = start.subarray(0, bytesRead).indexOf('\n') + 1
    const { contentType, size } = parseHeader(start.toString('utf8', 0, headerBytes))
    if ((await file.stat()).size !== headerBytes + size)
      throw new Error('The length of the file does not match its header.')
    return { body: streamFile(file, headerBytes, size), contentType, size }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Streams `size` bytes of an open file from `offset`, and then closes it, also after an error or a cancel. */
function streamFile(file: FileHandle, offset: number, size: number): ByteStream {
  const end = offset + size
  let position = offset
  return pullStream(
    async () => {
      if (position === end) {
        await file.close()
        return { done: true }
      }
      const chunk = new Uint8Array(Math.min(chunkBytes, end - position))
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position)
      if (bytesRead === 0) throw new Error('The file became shorter while it was read.')
      position += bytesRead
      return { done: false, value: chunk.subarray(0, bytesRead) }
    },
    () => file.close(),
  )
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined
    throw error
  }
}

function parseHeader(line: string): Header {
  const header: unknown = JSON.parse(line)
  if (!isJsonObject(header)) throw new Error('The file does not begin with a header.')
  const { contentType, size } = header
  if (typeof contentType !== 'string' || typeof size !== 'number')
    throw new Error('The header of the file is incomplete.')
  return { contentType, size }
}

async function removeLeftovers(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('.') && name.endsWith('.tmp'))
  for (const name of names) {
    const path = join(folder, name)
    const info = await stat(path).catch(() => undefined)
    if (info !== undefined && Date.now() - info.mtimeMs > leftoverAgeMs) await rm(path, { force: true })
  }
}

async function checkWritable(folder: string): Promise<void> {
  const probe = join(folder, `.probe.${randomUUID()}.tmp`)
  await (await open(probe, 'wx', 0o600)).close()
  await rm(probe)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}
