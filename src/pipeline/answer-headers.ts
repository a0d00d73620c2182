/** S24: only these headers of an upstream reach the caller. */
const passed = new Set([
  'content-type',
  'content-disposition',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'openai-processing-ms',
  'openai-version',
  'openai-model',
])

/**
 * The headers of an upstream's answer that its caller may see. Cookies, account names and server names stay behind.
 * The upstream's request id gets a name of its own beside Weir's. With `hidesRates` the limits that the operator has there stay behind too.
 */
export function toAnswerHeaders(
  upstream: Readonly<Record<string, string>>,
  hidesRates = false,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name in upstream) {
    const value = upstream[name]
    if (value !== undefined && (passed.has(name) || (!hidesRates && name.startsWith('x-ratelimit-'))))
      headers[name] = value
  }
  const requestId = upstream['x-request-id'] ?? upstream['apim-request-id']
  if (requestId !== undefined) headers['x-upstream-request-id'] = requestId
  return headers
}
