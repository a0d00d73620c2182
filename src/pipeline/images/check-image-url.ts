/** Where an image is, and how far that place is trusted. */
export interface ImageLocation {
  readonly url: URL
  /** True for the provider's own origin, which the operator named: it may be private, and without TLS. */
  readonly isTrusted: boolean
}

/**
 * Parses the URL that a provider sent, once: the same object is connected to (S07). Throws where Weir must not go there: only https, only a
 * name with a dot in it, no address and no user name. Whether the name's addresses are public is found when it is resolved (S05).
 */
export function checkImageUrl(text: string, providerBaseUrl: string | undefined): ImageLocation {
  const url = URL.parse(text)
  if (url === null) throw new Error('the provider’s URL is not one')
  if (url.username !== '' || url.password !== '') throw new Error('the provider’s URL holds a user name')
  if (providerBaseUrl !== undefined && url.origin === new URL(providerBaseUrl).origin) return { url, isTrusted: true }
  if (url.protocol !== 'https:') throw new Error('the provider’s URL is not https')
  if (isAddress(url.hostname)) throw new Error('the provider’s URL names an address in place of a host')
  if (!/^[^.].*\.[^.]+$/.test(url.hostname)) throw new Error('the provider’s URL names no public host')
  return { url, isTrusted: false }
}

/** S03, S04: the parser has brought every odd spelling of an IPv4 address to four numbers, and put IPv6 in brackets. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname)
}
