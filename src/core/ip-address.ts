/** An address as groups of 16 bits: two of IPv4, eight of IPv6. IPv4 within IPv6 (`::ffff:10.0.0.1`) is IPv4. */
export type IpAddress = readonly number[]

/** The addresses that begin with the first `length` bits of `prefix`. */
export interface IpRange {
  readonly prefix: IpAddress
  readonly length: number
}

const groupBits = 16
/** How many groups `::ffff:` takes. */
const mappedGroups = 6

/** Reads an address in any of its spellings, with the zone that a system puts behind it. Undefined for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) return parseIpv4(text)
  const groups = parseIpv6(text.replace(/%.*$/, ''))
  return groups !== undefined && isMapped(groups) ? groups.slice(mappedGroups) : groups
}

/** Reads `10.0.0.0/8` or a single address. Undefined for anything else, also where bits are set behind the prefix. */
export function parseIpRange(text: string): IpRange | undefined {
  const range = readRange(text)
  return range !== undefined && isSame(range.prefix, cut(range)) ? range : undefined
}

/** A range that is a constant of the code. Throws for an unreadable one, which a list that guards must not lose in silence. */
export function requireIpRange(text: string): IpRange {
  const range = parseIpRange(text)
  if (range === undefined) throw new Error(`${text} is no range of addresses.`)
  return range
}

const rangesOfLists = new WeakMap<readonly string[], readonly IpRange[]>()

/** The ranges of a list whose entries were checked before. Made once for each list, since every call asks for those of its key. */
export function parseIpRanges(list: readonly string[]): readonly IpRange[] {
  const known = rangesOfLists.get(list)
  if (known !== undefined) return known
  const ranges = list.flatMap((text) => parseIpRange(text) ?? [])
  rangesOfLists.set(list, ranges)
  return ranges
}

/** The nearest range to one that has bits set behind its prefix: `10.0.0.0/8` for `10.1.2.3/8`. */
export function fixIpRange(text: string): string | undefined {
  const range = readRange(text)
  return range && toRangeText({ ...range, prefix: cut(range) })
}

/** The one spelling of a range that is kept: RFC 5952, and no length behind a single address. */
export function toRangeText({ prefix, length }: IpRange): string {
  const address = toAddressText(prefix)
  return length === prefix.length * groupBits ? address : `${address}/${length}`
}

/** RFC 5952: lower case, no leading zeros, the longest run of zeros as `::`. */
export function toAddressText(address: IpAddress): string {
  if (address.length === 2) return address.flatMap((group) => [group >> 8, group & 0xff]).join('.')
  const text = address.map((group) => group.toString(16)).join(':')
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)]
  const longest = runs.sort((left, right) => right[0].length - left[0].length)[0]
  if (longest === undefined) return text
  const after = longest.index + longest[0].length
  return `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(after).replace(/^:/, '')}`
}

/** Whether the address lies in one of the ranges. */
export function isInRanges(address: IpAddress, ranges: readonly IpRange[]): boolean {
  return ranges.some((range) => contains(range, { prefix: address, length: address.length * groupBits }))
}

/** Whether every address of `inner` lies in `outer`. */
export function contains(outer: IpRange, inner: IpRange): boolean {
  if (outer.prefix.length !== inner.prefix.length || outer.length > inner.length) return false
  return isSame(outer.prefix, cut({ prefix: inner.prefix, length: outer.length }))
}

function readRange(text: string): IpRange | undefined {
  const [, address = '', bits] = /^([^/]*?)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const prefix = address.includes('%') ? undefined : parseIpAddress(address)
  if (prefix === undefined) return undefined
  const most = prefix.length * groupBits
  // The length of an IPv4 range that is written as IPv6 counts from the beginning of the latter.
  const skipped = prefix.length === 2 && address.includes(':') ? mappedGroups * groupBits : 0
  const length = bits === undefined ? most : Number(bits) - skipped
  return length >= 0 && length <= most ? { prefix, length } : undefined
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

/** Four decimal numbers. One that begins with 0 is octal to some programs, and so refused. */
function parseIpv4(text: string): IpAddress | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null || /(^|\.)0\d/.test(text)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(1).map(Number)
  return [a, b, c, d].some((byte) => byte > 255) ? undefined : [(a << 8) | b, (c << 8) | d]
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::')
  // An IPv4 address stands at the very end or nowhere.
  if (halves.length > 2 || (halves.length === 2 && halves[0]?.includes('.') === true)) return undefined
  const [head, tail] = halves.map(parseGroups)
  if (head === undefined) return undefined
  if (halves.length === 1) return head.length === 8 ? head : undefined
  if (tail === undefined || head.length + tail.length > 7) return undefined
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

/** `2001:db8`, with an IPv4 address at its end perhaps. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups = parts.flatMap((part, index) => {
    if (/^[0-9a-f]{1,4}$/i.test(part)) return [Number.parseInt(part, 16)]
    return (index === parts.length - 1 ? parseIpv4(part) : undefined) ?? [Number.NaN]
  })
  return groups.some(Number.isNaN) ? undefined : groups
}
