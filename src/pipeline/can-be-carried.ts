/** A platform that carries a stream by itself looks at it every two seconds. */
const shortestMs = 5_000

/** Whether a stream's times can be kept where it is seen from time to time only. Heartbeats of 0 are none. */
export function canBeCarried(idleMs: number, heartbeatMs: number): boolean {
  return idleMs >= shortestMs && (heartbeatMs === 0 || heartbeatMs >= shortestMs)
}
