/**
 * The hosts that resolve to this machine: `localhost`, its subdomains, 127.0.0.0/8 and ::1. Subdomains of `localhost`
 * are safe, because no public DNS server resolves them (RFC 6761 6.3) and no site can own one (S38). Any other
 * spelling of these addresses counts as remote, which is the safe side.
 */
const hosts = String.raw`(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\]`
const host = new RegExp(`^(?:${hosts}|::1)$`, 'i')
const authority = new RegExp(String.raw`^(?:${hosts})(?::\d{1,5})?$`, 'i')

/** True for a host name or address of this machine, without a port. IPv6 may have brackets. */
export function isLoopbackHost(text: string): boolean {
  return host.test(text)
}

/** True for a `Host` header of this machine. It may have a port; IPv6 must have brackets. */
export function isLoopbackAuthority(text: string): boolean {
  return authority.test(text)
}

/**
 * True for a bind address (HOST) that only this machine can reach. Of all names only `localhost` qualifies, because
 * the resolver may map any other name to a public address.
 */
export function isLoopbackBind(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
}

/** True for the origin of a web page that this machine serves. */
export function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/(.+)$/.exec(origin)
  return match !== null && isLoopbackAuthority(match[1] ?? '')
}

/** True for a socket address of this machine, as the operating system formats it. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}
