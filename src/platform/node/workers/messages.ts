import type { ConfigSource } from '../../../config/plan-reload.ts'
import type { NamedBreaker } from '../../../routing/breaker-board.ts'

/** A message from a worker to the primary process. */
export type WorkerMessage =
  | { readonly type: 'weir:config-request' }
  | { readonly type: 'weir:config-in-force' }
  | { readonly type: 'weir:breakers-request' }
  | { readonly type: 'weir:breakers'; readonly breakers: readonly NamedBreaker[] }

/** A message from the primary process to a worker. */
export type PrimaryMessage =
  | { readonly type: 'weir:config'; readonly source: ConfigSource }
  | { readonly type: 'weir:breakers'; readonly breakers: readonly NamedBreaker[] }

/** In a worker. Ignores errors: if the primary is gone, the worker ends anyway. */
export function sendToPrimary(message: WorkerMessage): void {
  process.send?.(message, undefined, undefined, () => {})
}
