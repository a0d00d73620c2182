import type { Settings } from '../config/settings.ts'
import type { Inbound } from './inbound.ts'

/**
 * Scheme and host under which this caller reached the server, or those that the operator named. What the caller says of itself
 * only ever comes back to it. Empty where it named no plain host, so that URLs become relative.
 */
export function readPublicUrl(inbound: Inbound, { server }: Settings): string {
  if (server.publicUrl !== undefined) return server.publicUrl
  const host = inbound.header('host')
  if (host === undefined || !/^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(host)) return ''
  // TLS often ends at a proxy, which says so here.
  const scheme = inbound.header('x-forwarded-proto')?.split(',', 1)[0]?.trim().toLowerCase()
  return `${scheme === 'https' ? 'https' : inbound.scheme}://${host}`
}
