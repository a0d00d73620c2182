import { setTimeout as pause } from 'node:timers/promises'
import type { CallerKey } from '../crash/open-ledger-file.ts'
import type { Place } from './run-callers.ts'

export interface SessionKeeper {
  /** Sessions for calls. One may be deleted during a call. */
  readonly ids: readonly string[]
  stop(): Promise<void>
}

const maxSessions = 8
const renewMs = 2_000
const silentMs = 30_000

/** Maintains some sessions of a key: creates one and deletes the oldest every two seconds. Retries failures. */
export function keepSessions(places: () => readonly Place[], { secret }: CallerKey): SessionKeeper {
  const ids: string[] = []
  const stopped = new AbortController()

  async function ask(method: 'POST' | 'DELETE', path: string): Promise<string | undefined> {
    const [place] = places()
    const headers = { authorization: `Bearer ${secret}` }
    const signal = AbortSignal.timeout(silentMs)
    const response = await fetch(`${place?.origin}${path}`, { method, headers, signal })
    const { id } = (await response.json()) as { readonly id?: string }
    return response.ok ? id : undefined
  }

  async function keep(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        const id = await ask('POST', '/v1/sessions')
        if (id !== undefined) ids.push(id)
        if (ids.length > maxSessions) await ask('DELETE', `/v1/sessions/${ids.shift()}`)
      } catch {
        // The server is temporarily unavailable.
      }
      await pause(ids.length < maxSessions ? 0 : renewMs, undefined, { signal: stopped.signal }).catch(() => {})
    }
  }

  const keeping = keep()
  return {
    ids,
    async stop() {
      stopped.abort()
      await keeping
    },
  }
}
