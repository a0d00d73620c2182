import type { Settings } from '../config/settings.ts'
import type { IncomingRequest } from './incoming-request.ts'

/**
 * Returns the configured public URL, or scheme and host under which this caller reached the server. A value that the
 * caller claims is only sent back to the same caller. Returns '' for a missing or malformed host, which makes URLs
 * relative.
 */
export function readPublicUrl(incoming: IncomingRequest, { server }: Settings): string {
  if (server.publicUrl !== undefined) return server.publicUrl
  const host = incoming.header('host')
  if (host === undefined || !/^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(host)) return ''
  // TLS often ends at a proxy, which reports it in this header.
  const scheme = incoming.header('x-forwarded-proto')?.split(',', 1)[0]?.trim().toLowerCase()
  return `${scheme === 'https' ? 'https' : incoming.scheme}://${host}`
}
