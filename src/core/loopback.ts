/**
 * The hosts that lead to this machine: `localhost` and every name below it, 127.0.0.0/8 and ::1. Names below `localhost` count since no DNS
 * server on the internet answers for them (RFC 6761 6.3), so no site can bind one to itself (S38). Any other spelling of these addresses
 * counts as foreign, which is the safe side.
 */
const hosts = String.raw`(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\]`
const host = new RegExp(`^(?:${hosts}|::1)$`, 'i')
const authority = new RegExp(String.raw`^(?:${hosts})(?::\d{1,5})?$`, 'i')

/** True for a host of this machine in a URL, without a port. IPv6 may have its brackets. */
export function isLoopbackHost(text: string): boolean {
  return host.test(text)
}

/** The same of a `Host` header, which may have a port, and has brackets around IPv6. */
export function isLoopbackAuthority(text: string): boolean {
  return authority.test(text)
}

/**
 * True for a host that a server binds to and that only this machine reaches (HOST). A resolver decides on every name but `localhost`, and may
 * lead it to an address that others reach.
 */
export function isLoopbackBind(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
}

/** True for the origin of a page that comes from this machine. */
export function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/(.+)$/.exec(origin)
  return match !== null && isLoopbackAuthority(match[1] ?? '')
}

/** True for a socket's address of this machine, as an operating system spells it. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}
