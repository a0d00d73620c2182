export type Readiness = 'ready' | 'not-ready' | 'unreachable'

const timeoutMs = 5000

/** Reads whether Weir accepts calls. Never throws. */
export async function checkReadiness(url: string): Promise<Readiness> {
  try {
    const response = await fetch(url, {
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return response.ok ? 'ready' : 'not-ready'
  } catch {
    return 'unreachable'
  }
}
