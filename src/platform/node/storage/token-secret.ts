import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Beside the database and not in it: neither a backup nor a dump of the database can sign a token (S17). */
export const tokenSecretFile = 'token-secret'

const format = /^[0-9a-f]{64}$/

/**
 * Returns the secret that signs the user tokens of this folder, of 256 random bits; creates it at the first start.
 * Processes that start together get the same one. Throws if the file cannot be read or written, or was changed.
 */
export function openTokenSecret(folder: string): string {
  const path = join(folder, tokenSecretFile)
  const known = read(path)
  if (known !== undefined) return known
  // Written first and linked then: no process sees a file without its whole content.
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
    linkOrRename(temporary, path)
  } finally {
    rmSync(temporary, { force: true })
  }
  const secret = read(path)
  if (secret === undefined) throw new Error(`${path} disappeared while it was created.`)
  return secret
}

/** Never replaces a file that another process has made. A disk without hard links (exFAT, SMB) renames instead. */
function linkOrRename(temporary: string, path: string): void {
  try {
    linkSync(temporary, path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error
    if (statSync(path, { throwIfNoEntry: false }) === undefined) renameSync(temporary, path)
  }
}

function read(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) chmodSync(path, 0o600)
  const secret = readFileSync(path, 'utf8').trim()
  if (format.test(secret)) return secret
  throw new Error(`${path} does not hold a secret of 64 hexadecimal digits. Delete it; user tokens then end.`)
}
