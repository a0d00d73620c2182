import { type IpRange, isInRanges, parseIpAddress, toAddressText } from '../core/ip-address.ts'
import type { Inbound } from './inbound.ts'

/**
 * The address of whoever asks, in its one spelling. S46: what `X-Forwarded-For` says is believed from the right, entry by entry, as long as
 * the one who wrote it is a proxy that the operator trusts; the first other address is the caller's. Undefined where a trusted proxy wrote
 * something that is none.
 */
export function readAddress(inbound: Inbound, trusted: readonly IpRange[]): string | undefined {
  const { address } = inbound
  if (trusted.length === 0) return address?.includes(':') === true ? toCanonical(address) : address
  const hops = [...(inbound.header('x-forwarded-for')?.split(',') ?? []), address ?? '']
  let caller: string | undefined
  for (const hop of hops.reverse()) {
    const parsed = parseIpAddress(withoutPort(hop.trim()))
    if (parsed === undefined) return undefined
    caller = toAddressText(parsed)
    if (!isInRanges(parsed, trusted)) break
  }
  return caller
}

function toCanonical(address: string): string | undefined {
  const parsed = parseIpAddress(address)
  return parsed && toAddressText(parsed)
}

/** Some proxies write the port behind it. */
function withoutPort(hop: string): string {
  const [, address] = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop) ?? []
  return address ?? hop
}
