import { fixIpRange, parseIpRange } from '../core/ip-address.ts'
import { bounds } from './bounds.ts'

/**
 * A check of one value. Returns the problem and the correction, or undefined.
 * No message repeats the value, because it may be or contain a secret.
 */
export type StringProblem = (value: string) => string | undefined

/** Visible ASCII: survives a header unchanged and can be typed. */
const visibleAscii = /^[\x21-\x7e]+$/
/** RFC 9110 section 5.5: visible characters, space, tab, and the upper half of Latin-1. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/
const beyondLatin1 = /[\u{100}-\u{10ffff}]/u
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Headers that the transport sets for its hop: RFC 9110 section 7.6.1, and the framing of the message. */
const transportHeaders = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Values from manuals and examples, which a scanner tries first. Compared without case, `-`, `_` and brackets. */
const sampleTokens = new Set(
  (
    'sk1234 sk12345 sk123456 sk12345678 sk1234567890 changeme changethis changeit replaceme yourtoken yourtokenhere yoursecret yoursecrettoken ' +
    'yoursecrettokenhere yourapikey yourapikeyhere mytoken mysecret mysecrettoken secrettokenhere password password1 password123 passw0rd ' +
    'secret secret123 supersecret token bearer bearertoken example exampletoken placeholder sample test1234 testtest admin123 administrator letmein ' +
    '12345678 123456789 1234567890 87654321 abcdefgh abcd1234 abc12345 qwertyui qwertyuiop undefined null'
  ).split(' '),
)

export function emptyProblem(value: string): string | undefined {
  return value.trim() === '' ? 'is empty. Set a value, or remove the key' : undefined
}

/** Checks the API key of a provider. */
export function secretProblem(value: string): string | undefined {
  if (value === '') return 'is empty. Set the key, or remove this setting'
  if (/^(["']).*\1$/.test(value)) return 'includes its quotation marks. Remove them'
  if (!visibleAscii.test(value))
    return 'contains a space, a line break or a character outside ASCII, which no key has. Copy it again'
  return undefined
}

/** Checks a secret that signs user tokens. A token reveals each guess of a short one, without any call to the server. */
export function signingSecretProblem(value: string): string | undefined {
  const problem = tokenProblem(value)
  if (problem !== undefined) return problem
  return value.length >= 32 ? undefined : 'has fewer than 32 characters. Set it to the output of `openssl rand -hex 32`'
}

/** Checks the token that callers send. A short one could be guessed over the network. */
export function tokenProblem(value: string): string | undefined {
  const problem = secretProblem(value)
  if (problem !== undefined) return problem
  const howTo = 'Generate one with `openssl rand -hex 32`'
  if (value.length < bounds.tokenLengthMinimum) {
    return `is too short and could be guessed: at least ${bounds.tokenLengthMinimum} characters. ${howTo}`
  }
  const folded = value.toLowerCase().replace(/[-_<>{}[\]]/g, '')
  if (sampleTokens.has(folded) || /^(.)\1*$/.test(value)) return `is a sample value that attackers try first. ${howTo}`
  return undefined
}

/** Prefix of Weir's virtual keys; a virtual key must not open the admin API (S76). */
const virtualKeyPrefix = 'sk-weir-'

/** Checks the secret of the admin API, which opens more than a call does. */
export function adminTokenProblem(value: string): string | undefined {
  const problem = tokenProblem(value)
  if (problem !== undefined) return problem
  const howTo = 'Generate one with `openssl rand -hex 32`'
  if (value.length < bounds.adminTokenLengthMinimum) {
    return `is too short for a secret that opens everything: at least ${bounds.adminTokenLengthMinimum} characters. ${howTo}`
  }
  return value.startsWith(virtualKeyPrefix)
    ? `is a virtual key, which must not open the admin API. ${howTo}`
    : undefined
}

/** Checks the base URL of a provider. */
export function baseUrlProblem(value: string): string | undefined {
  const example = 'such as https://api.example.com/v1'
  const url = URL.parse(value)
  if (url === null || !/^https?:\/\//i.test(value))
    return `must be an absolute URL with http:// or https://, ${example}`
  if (url.username !== '' || url.password !== '')
    return 'must not contain a user name or password. Use `api_key` or `headers`'
  if (value.includes('?')) return 'must not have a query (`?…`). Set Azure’s version in `api_version`'
  if (value.includes('#')) return 'must not have a fragment (`#…`)'
  if (/\/(chat\/completions|completions|embeddings|responses)\/?$/.test(url.pathname)) {
    return `must end before the endpoint: remove \`${/\/(chat\/)?[a-z]+\/?$/.exec(url.pathname)?.[0] ?? ''}\``
  }
  return undefined
}

/** Checks the URL of an HTTP proxy. No message repeats it, because it may contain a user name and a password. */
export function proxyUrlProblem(value: string): string | undefined {
  const url = URL.parse(value)
  if (url === null || !/^https?:\/\//i.test(value))
    return 'must be the URL of an HTTP proxy, such as http://proxy.example.com:3128 or http://user:password@proxy.example.com:3128'
  if (url.pathname !== '/' || value.includes('?') || value.includes('#'))
    return 'must be only scheme, host and port of a proxy. Write a `/`, `?` or `#` of its password as %2F, %3F or %23'
  try {
    decodeURIComponent(`${url.username}:${url.password}`)
    return undefined
  } catch {
    return 'has a `%` in its user name or password that does not start an escape. Write it as %25'
  }
}

/** Checks the proxy of one provider: a URL, or `none`. */
export function ownProxyProblem(value: string): string | undefined {
  return value === 'none' ? undefined : proxyUrlProblem(value)
}

/** Checks a URL that is only scheme and host. */
export function originUrlProblem(value: string): string | undefined {
  const url = /^https?:\/\//i.test(value) ? URL.parse(value) : null
  if (url !== null && url.href === `${url.origin}/` && !value.endsWith('?') && !value.endsWith('#')) return undefined
  return 'must be only scheme and host, such as https://ai.example.com or http://localhost:8787'
}

/** Checks the value of a header that is sent upstream. A line break in it would start another header. */
export function headerValueProblem(value: string): string | undefined {
  if (headerValue.test(value)) return undefined
  if (beyondLatin1.test(value)) return 'contains a character outside Latin-1, which a header cannot have'
  return 'contains a line break or another control character, which a header cannot have'
}

export function headerNameProblem(name: string): string | undefined {
  if (!headerName.test(name)) return 'is not a valid header name. Use letters, digits and `-`'
  if (transportHeaders.has(name.toLowerCase()))
    return 'is set by the connection itself and cannot be configured. Remove it'
  return undefined
}

/** Checks the origin of a page, as a browser sends it in `Origin`. */
export function originProblem(value: string): string | undefined {
  if (value === '*') return undefined
  const problem =
    'must be an exact origin such as https://app.example.com (scheme, host and port, no path), or `*` for any'
  if (value.includes('*')) return `${problem}. Patterns are not supported; list each origin`
  const match = /^([a-z][a-z0-9+.-]*):\/\/[^\s/?#@]+\/?$/i.exec(value)
  if (match === null) return problem
  return /^https?$/i.test(match[1] ?? '') && URL.parse(value) === null ? problem : undefined
}

/**
 * Normalizes an origin that passed {@link originProblem} to the form of browsers: lower case, no slash at the end, no
 * default port.
 */
export function toOrigin(origin: string): string {
  const parsed = /^https?:/i.test(origin) ? URL.parse(origin)?.origin : undefined
  return parsed ?? origin.toLowerCase().replace(/\/$/, '')
}

/** Checks the address or range of callers or proxies. */
export function ipRangeProblem(value: string): string | undefined {
  if (parseIpRange(value) !== undefined) return undefined
  const corrected = fixIpRange(value)
  if (corrected !== undefined) return `has bits set after its prefix. Write ${corrected}`
  return 'must be an IP address or a CIDR range, such as 203.0.113.9, 10.0.0.0/8 or 2001:db8::/32'
}

/** Checks an address to listen on. */
export function hostProblem(value: string): string | undefined {
  const isAddress =
    /^[A-Za-z0-9._-]+$/.test(value) || /^\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9]+)?\]?$/.test(value)
  const hasPort = /^[^:]+:\d+$/.test(value)
  if (isAddress && !hasPort) return undefined
  return 'must be a host name or an IP address, without scheme and port, such as 127.0.0.1 or 0.0.0.0'
}

export function providerIdProblem(id: string): string | undefined {
  if (/^[a-z0-9][a-z0-9-]*$/.test(id)) return undefined
  return 'is not a valid provider name. Use lower-case letters, digits and `-`, and start with a letter or a digit'
}
