/** How `node:http` is set up. Times in milliseconds. */
export const serverOptions = {
  /** Longer than the 60 s of the usual load balancers, which would otherwise reuse a socket that is just being closed (R24). */
  keepAliveTimeout: 75_000,
  /** S64: headers must come within 15 s and the whole request within 5 minutes; Node's own interval would let them wait 30 s more. */
  headersTimeout: 15_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
  /** Weir refuses a missing host itself, since Node's own answer has no body (P01). */
  requireHostHeader: false,
} as const
