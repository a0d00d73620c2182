import { readFileSync } from 'node:fs'

/**
 * Bytes that the kernel itself may hold between an upstream and a client that does not read: two connections, each with its largest send and
 * receive buffer. Linux grows them under a stream, on some machines to 36 MiB a connection, so that a bound on what has left an upstream has to
 * leave room for them.
 */
export const kernelBufferBytes = 2 * (largest('tcp_rmem') + largest('tcp_wmem'))

function largest(name: 'tcp_rmem' | 'tcp_wmem'): number {
  try {
    return Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/)[2])
  } catch {
    return 8 * 1_048_576
  }
}
