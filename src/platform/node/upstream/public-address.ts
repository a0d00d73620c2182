import { BlockList, isIP } from 'node:net'

/** https://www.iana.org/assignments/iana-ipv4-special-registry, multicast, and the address at which Azure answers its machines. */
const specialIPv4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Within global unicast: protocol assignments with Teredo, documentation, 6to4, documentation again. */
const specialIPv6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/** IPv4 behind NAT64 (RFC 6052): all that a name has in a network without IPv4. Every other form that embeds one is not global. */
const nat64 = '64:ff9b::'

const globalIPv6 = new BlockList()
globalIPv6.addSubnet('2000::', 3, 'ipv6')
globalIPv6.addSubnet(nat64, 96, 'ipv6')

const special = new BlockList()
for (const [network, prefix] of specialIPv6) special.addSubnet(network, prefix, 'ipv6')
for (const [network, prefix] of specialIPv4) {
  special.addSubnet(network, prefix, 'ipv4')
  special.addSubnet(nat64 + network, 96 + prefix, 'ipv6')
}

/** S04: true for addresses that belong to the internet as a whole; false for all that lead into a network of somebody's own. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4')
    case 6:
      // A zone (`%eth0`) names an interface of this machine.
      return !address.includes('%') && globalIPv6.check(address, 'ipv6') && !special.check(address, 'ipv6')
    default:
      return false
  }
}
