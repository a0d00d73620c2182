import { setTimeout as pause } from 'node:timers/promises'
import type { Disturbances } from './disturbances.ts'
import type { Place } from './run-callers.ts'
import type { SoakKeys } from './soak-keys.ts'

export interface AdminPoller {
  readonly polls: () => number
  /** Responses other than 200 from an undisturbed server. */
  readonly failures: readonly string[]
  stop(): Promise<void>
}

/** As often as a page would poll. */
const pollMs = 500
/** A server without a response by then has failed. */
const silentMs = 30_000

/** Polls the data of an administrator's pages, alternating between paths and servers. */
export function pollAdmin(
  places: () => readonly Place[],
  { free, capped }: SoakKeys,
  adminToken: string,
  disturbances: Disturbances,
): AdminPoller {
  const paths = [
    '/',
    '/admin/v1/keys',
    `/admin/v1/keys/${capped.id}/balance`,
    '/admin/v1/usage?group_by=day,model',
    `/admin/v1/usage?group_by=key&format=csv`,
    '/admin/v1/records?limit=200',
    `/admin/v1/keys/${free.id}`,
    '/admin/v1/prices',
    '/admin/v1/audit',
    '/readyz',
  ]
  const failures: string[] = []
  const stopped = new AbortController()
  let polls = 0

  async function poll(): Promise<void> {
    while (!stopped.signal.aborted) {
      const all = places()
      const place = all[polls % all.length]
      const path = paths[Math.floor(polls / all.length) % paths.length]
      polls += 1
      if (place !== undefined && path !== undefined) {
        const startedAt = performance.now()
        const end = await ask(place.origin + path, adminToken)
        if (end !== '200' && !disturbances.touched(place.server, startedAt))
          failures.push(`GET ${path} of the ${place.server}: ${end}`)
      }
      await pause(pollMs, undefined, { signal: stopped.signal }).catch(() => {})
    }
  }

  const polling = poll()
  return {
    polls: () => polls,
    failures,
    async stop() {
      stopped.abort()
      await polling
    },
  }
}

async function ask(url: string, token: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(silentMs)
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal })
    const body = await response.text()
    return response.ok ? String(response.status) : `${response.status} ${body.slice(0, 200)}`
  } catch (error) {
    return error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : 'no response'
  }
}
