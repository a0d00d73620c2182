import { isInRanges, parseIpAddress, requireIpRange } from '../../../core/ip-address.ts'

/**
 * https://www.iana.org/assignments/iana-ipv4-special-registry, multicast, and Azure's platform address (WireServer).
 */
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

/** Within global unicast: protocol assignments with Teredo, documentation, 6to4, documentation. */
const specialIPv6: readonly string[] = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

/** NAT64 (RFC 6052), the only IPv4 addresses in an IPv6-only network. No other form that embeds IPv4 is global. */
const nat64 = '64:ff9b::'

const globalIPv6 = ['2000::/3', `${nat64}/96`].map(requireIpRange)
const special = [...specialIPv4, ...specialIPv6, ...specialIPv4.map(toNat64)].map(requireIpRange)

/** S04: returns true for addresses of the public internet, and false for addresses of private networks. */
export function isPublicAddress(address: string): boolean {
  // A zone (`%eth0`) names an interface of this machine.
  const parsed = address.includes('%') ? undefined : parseIpAddress(address)
  if (parsed === undefined || isInRanges(parsed, special)) return false
  // `::ffff:1.1.1.1` is parsed as IPv4, which is in no IPv6 range, so it is not public.
  return !address.includes(':') || isInRanges(parsed, globalIPv6)
}

function toNat64(range: string): string {
  const [network, length] = range.split('/')
  return `${nat64}${network}/${96 + Number(length)}`
}
