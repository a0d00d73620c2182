/**
 * An address as 16-bit groups: two for IPv4, eight for IPv6. IPv4-mapped IPv6 (`::ffff:10.0.0.1`) is stored as IPv4.
 */
export type IpAddress = readonly number[]

/** All addresses whose first `length` bits equal those of `prefix`. */
export interface IpRange {
  readonly prefix: IpAddress
  readonly length: number
}

const groupBits = 16
/** Number of groups in `::ffff:`. */
const mappedGroups = 6

/** Parses an address in any spelling, with an optional zone (`%eth0`). Returns undefined for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) return parseIpv4(text)
  const groups = parseIpv6(text.replace(/%.*$/, ''))
  return groups !== undefined && isMapped(groups) ? groups.slice(mappedGroups) : groups
}

/** Parses `10.0.0.0/8` or one address. Returns undefined for anything else, and if bits after the prefix are set. */
export function parseIpRange(text: string): IpRange | undefined {
  const range = readRange(text)
  return range !== undefined && isSame(range.prefix, cut(range)) ? range : undefined
}

/** Parses a constant range. Throws if it is invalid, because a deny list must not silently lose an entry. */
export function requireIpRange(text: string): IpRange {
  const range = parseIpRange(text)
  if (range === undefined) throw new Error(`${text} is not an IP address range.`)
  return range
}

const rangesOfLists = new WeakMap<readonly string[], readonly IpRange[]>()

/** Parses a list of checked entries. Cached per list, because every call needs the ranges of its key. */
export function parseIpRanges(list: readonly string[]): readonly IpRange[] {
  const known = rangesOfLists.get(list)
  if (known !== undefined) return known
  const ranges = list.flatMap((text) => parseIpRange(text) ?? [])
  rangesOfLists.set(list, ranges)
  return ranges
}

/** Returns the range with the bits after its prefix cleared: `10.0.0.0/8` for `10.1.2.3/8`. */
export function fixIpRange(text: string): string | undefined {
  const range = readRange(text)
  return range && formatIpRange({ ...range, prefix: cut(range) })
}

/** Formats a range in its canonical spelling: RFC 5952, without a length for a single address. */
export function formatIpRange({ prefix, length }: IpRange): string {
  const address = formatIpAddress(prefix)
  return length === prefix.length * groupBits ? address : `${address}/${length}`
}

/** Formats an address by RFC 5952: lower case, no leading zeros, the longest run of zeros as `::`. */
export function formatIpAddress(address: IpAddress): string {
  if (address.length === 2) return address.flatMap((group) => [group >> 8, group & 0xff]).join('.')
  const text = address.map((group) => group.toString(16)).join(':')
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)]
  const longest = runs.sort((left, right) => right[0].length - left[0].length)[0]
  if (longest === undefined) return text
  const after = longest.index + longest[0].length
  return `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(after).replace(/^:/, '')}`
}

const networkGroups = 4

/**
 * Returns the network that one household or server controls: an IPv4 address, or the /64 of an IPv6 address, whose
 * owner has 2^64 addresses. All other strings, and unknown addresses, are one network, `unknown`.
 */
export function networkOf(address: string | undefined): string {
  const parsed = address === undefined ? undefined : parseIpAddress(address)
  if (parsed === undefined) return 'unknown'
  const length = Math.min(parsed.length, networkGroups) * groupBits
  return formatIpRange({ prefix: cut({ prefix: parsed, length }), length })
}

/** True if one of the ranges contains the address. */
export function isInRanges(address: IpAddress, ranges: readonly IpRange[]): boolean {
  return ranges.some((range) => contains(range, { prefix: address, length: address.length * groupBits }))
}

/** True if `outer` contains every address of `inner`. */
export function contains(outer: IpRange, inner: IpRange): boolean {
  if (outer.prefix.length !== inner.prefix.length || outer.length > inner.length) return false
  return isSame(outer.prefix, cut({ prefix: inner.prefix, length: outer.length }))
}

function readRange(text: string): IpRange | undefined {
  const [, address = '', bits] = /^([^/]*?)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const prefix = address.includes('%') ? undefined : parseIpAddress(address)
  if (prefix === undefined) return undefined
  const maxLength = prefix.length * groupBits
  // The length of an IPv4-mapped range (`::ffff:10.0.0.0/104`) counts from the start of the IPv6 address.
  const skipped = prefix.length === 2 && address.includes(':') ? mappedGroups * groupBits : 0
  const length = bits === undefined ? maxLength : Number(bits) - skipped
  return length >= 0 && length <= maxLength ? { prefix, length } : undefined
}

function cut({ prefix, length }: IpRange): IpAddress {
  return prefix.map((group, index) => {
    const kept = Math.min(groupBits, Math.max(0, length - index * groupBits))
    return group & (0xffff << (groupBits - kept)) & 0xffff
  })
}

function isSame(left: IpAddress, right: IpAddress): boolean {
  return left.every((group, index) => group === right[index])
}

function isMapped(groups: IpAddress): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
}

/** Parses four decimal numbers. Rejects a leading zero, because some programs read such a number as octal. */
function parseIpv4(text: string): IpAddress | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null || /(^|\.)0\d/.test(text)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(1).map(Number)
  return [a, b, c, d].some((byte) => byte > 255) ? undefined : [(a << 8) | b, (c << 8) | d]
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::')
  // An embedded IPv4 address is only allowed at the end.
  if (halves.length > 2 || (halves.length === 2 && halves[0]?.includes('.') === true)) return undefined
  const [head, tail] = halves.map(parseGroups)
  if (head === undefined) return undefined
  if (halves.length === 1) return head.length === 8 ? head : undefined
  if (tail === undefined || head.length + tail.length > 7) return undefined
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

/** Parses groups such as `2001:db8`, optionally with an IPv4 address at the end. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups = parts.flatMap((part, index) => {
    if (/^[0-9a-f]{1,4}$/i.test(part)) return [Number.parseInt(part, 16)]
    return (index === parts.length - 1 ? parseIpv4(part) : undefined) ?? [Number.NaN]
  })
  return groups.some(Number.isNaN) ? undefined : groups
}
