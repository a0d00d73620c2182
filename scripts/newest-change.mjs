import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** When something in a folder was last changed, milliseconds since 1970. */
export function newestChange(folder) {
  const files = readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)).mtimeMs)
  return Math.max(0, ...files)
}
