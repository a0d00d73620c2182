import { setTimeout as pause } from 'node:timers/promises'
import type { UpstreamExchange } from './upstream-exchange.ts'

/**
 * Resolves with the bytes sent once none has left for `quietMs`, when every buffer between it and the client is full.
 */
export async function untilStalled(exchange: UpstreamExchange, quietMs = 250): Promise<number> {
  let before = -1
  while (exchange.bytesSent > before) {
    before = exchange.bytesSent
    await pause(quietMs)
  }
  return exchange.bytesSent
}
