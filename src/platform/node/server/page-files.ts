import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import type { GatewayResponse } from '../../../core/gateway-response.ts'
import { pageHeaders } from '../../../http/page-headers.ts'

/** The dashboard's files by URL path, a few hundred kilobytes in memory. */
export type PageFiles = ReadonlyMap<string, { readonly type: string; readonly bytes: Uint8Array }>

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
}

/** Reads the built dashboard; empty if it was never built. Request paths are only map keys, never file paths (S52). */
export async function readPageFiles(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile() && types[extname(entry.name)] !== undefined)
  const pairs = await Promise.all(
    files.map(async (entry) => {
      const file = join(entry.parentPath, entry.name)
      const type = types[extname(entry.name)] ?? 'application/octet-stream'
      return [`/${relative(folder, file).split(sep).join('/')}`, { type, bytes: await readFile(file) }] as const
    }),
  )
  return new Map(pairs)
}

/** Paths of pages without a suffix, as Cloudflare's asset server has them. */
const pages: Readonly<Record<string, string>> = { '/': '/index.html', '/claim': '/claim.html' }

export function findPageIn(files: PageFiles): (path: string) => Promise<GatewayResponse | undefined> {
  return async (path) => {
    const name = pages[path] ?? path
    const file = files.get(name)
    return file && { status: 200, headers: { ...pageHeaders(name), 'content-type': file.type }, body: file.bytes }
  }
}
