import type { ProviderContext } from '../../provider.ts'
import { toAbortError } from './to-abort-error.ts'

/** Waits so long, for ever if infinite. Rejects as soon as the call is given up. */
export function waitFor(delayMs: number, context: Pick<ProviderContext, 'clock' | 'signal'>): Promise<void> {
  const { clock, signal } = context
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(toAbortError(signal))
    if (delayMs === 0) return resolve()
    const stopTimer = Number.isFinite(delayMs) ? clock.after(delayMs, finish) : () => {}
    signal.addEventListener('abort', giveUp)

    function finish(): void {
      signal.removeEventListener('abort', giveUp)
      resolve()
    }

    function giveUp(): void {
      stopTimer()
      reject(toAbortError(signal))
    }
  })
}
