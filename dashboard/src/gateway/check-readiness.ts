export type Readiness = 'ready' | 'not-ready' | 'unreachable'

const patienceMs = 5000

/** Asks whether Weir takes calls. Never throws. */
export async function checkReadiness(url: string): Promise<Readiness> {
  try {
    const response = await fetch(url, {
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(patienceMs),
    })
    return response.ok ? 'ready' : 'not-ready'
  } catch {
    return 'unreachable'
  }
}
