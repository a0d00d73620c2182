import { readFileSync } from 'node:fs'

/**
 * The most bytes that the kernel may hold between an upstream and a client that does not read: two connections, each
 * with its maximum send and receive buffer. Linux grows them under a stream, on some machines to 36 MiB per connection;
 * a bound on the bytes sent by an upstream must add them.
 */
export const kernelBufferBytes = 2 * (maxBytesOf('tcp_rmem') + maxBytesOf('tcp_wmem'))

function maxBytesOf(name: 'tcp_rmem' | 'tcp_wmem'): number {
  try {
    return Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/)[2])
  } catch {
    return 8 * 1_048_576
  }
}
