import { isInRanges, parseIpAddress, requireIpRange } from '../../../core/ip-address.ts'

/** https://www.iana.org/assignments/iana-ipv4-special-registry, multicast, and the address at which Azure answers its machines. */
const specialIPv4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/** Within global unicast: protocol assignments with Teredo, documentation, 6to4, documentation again. */
const specialIPv6: readonly string[] = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

/** IPv4 behind NAT64 (RFC 6052): all that a name has in a network without IPv4. Every other form that embeds one is not global. */
const nat64 = '64:ff9b::'

const globalIPv6 = ['2000::/3', `${nat64}/96`].map(requireIpRange)
const special = [...specialIPv4, ...specialIPv6, ...specialIPv4.map(toNat64)].map(requireIpRange)

/** S04: true for addresses that belong to the internet as a whole; false for those that lead into a private network. */
export function isPublicAddress(text: string): boolean {
  // A zone (`%eth0`) names an interface of this machine.
  const address = text.includes('%') ? undefined : parseIpAddress(text)
  if (address === undefined || isInRanges(address, special)) return false
  // `::ffff:1.1.1.1` is read as IPv4, which no range of IPv6 holds.
  return !text.includes(':') || isInRanges(address, globalIPv6)
}

function toNat64(range: string): string {
  const [network, length] = range.split('/')
  return `${nat64}${network}/${96 + Number(length)}`
}
