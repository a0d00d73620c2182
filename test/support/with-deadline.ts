/** Rejects after a timeout with a sentence that names the missing event. */
export async function withDeadline<Value>(
  promise: Promise<Value>,
  timeoutMs: number,
  describeMissing: () => string,
): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${describeMissing()} (waited ${timeoutMs} ms)`)), timeoutMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
