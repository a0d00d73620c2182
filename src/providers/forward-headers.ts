import { matchesAny } from '../core/match-pattern.ts'

/** A caller's headers unchanged, with names in lower case. Only `set-cookie` is ever a list. */
export type CallerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** An operator's rules for the headers that a provider gets. Names in lower case; `*` matches any characters. */
export interface HeaderRules {
  readonly allow: readonly string[]
  /** Wins over `allow`. */
  readonly deny: readonly string[]
}

/**
 * The headers in which APIs take a credential. None is ever forwarded as a header of the caller: a provider with
 * `caller_credentials: pass` receives those of its own API separately.
 */
export const credentialHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const

export type CredentialHeader = (typeof credentialHeaders)[number]

/** The facts of a request that decide on some headers. */
export interface Forwarding {
  /** True if the caller's own key pays. */
  readonly hasOwnKey: boolean
  /** True if the caller's credential passes: a plan may be bound to its client, so `user-agent` passes too. */
  readonly keepsAgent?: boolean
  /** True for an endpoint that Weir relays without understanding it, whose response may be partial or 304. */
  readonly isRelayed: boolean
}

/**
 * `own`: forwarded with the caller's own key. `agent`: forwarded with the caller's own credential. `relayed`: forwarded
 * if the response is relayed untouched. `session`: forwarded unless it names one of Weir's sessions.
 */
type Verdict = 'pass' | 'drop' | 'own' | 'agent' | 'relayed' | 'session'

/** Callers choose the names, so the cache of verdicts is bounded. */
const cacheLimits = { count: 500, length: 64 }

/**
 * Returns a filter for the headers of callers that one provider gets: all, except those of the classes below, because
 * headers for affinity, betas and sessions decide on prompt caches and features (case B1). The filter's result may be
 * changed.
 */
export function createHeaderFilter({ allow, deny }: HeaderRules) {
  // Judging a name costs several times a lookup here, and calls repeat a few dozen names.
  const verdicts = new Map<string, Verdict>()

  function judge(name: string): Verdict {
    const verdict = verdictOf(name, allow, deny)
    if (verdicts.size >= cacheLimits.count) verdicts.clear()
    if (name.length <= cacheLimits.length) verdicts.set(name, verdict)
    return verdict
  }

  return (headers: CallerHeaders, { hasOwnKey, keepsAgent, isRelayed }: Forwarding): Record<string, string> => {
    const forwarded: Record<string, string> = { 'user-agent': 'weir', 'accept-encoding': 'identity' }
    const hopByHop = connectionNames(headers.connection)
    for (const name in headers) {
      const value = headers[name]
      if (typeof value !== 'string') continue
      const verdict = verdicts.get(name) ?? judge(name)
      if (verdict === 'drop' || hopByHop?.has(name) === true) continue
      if (verdict === 'own' && !hasOwnKey) continue
      if (verdict === 'agent' && keepsAgent !== true) continue
      if (verdict === 'relayed' && !isRelayed) continue
      if (verdict === 'session' && /^session_/i.test(value)) continue
      forwarded[name] = value
    }
    return forwarded
  }
}

/**
 * Returns true for a header that not even an operator can allow: a credential that Weir reads, a cookie, or a header
 * that the connection controls.
 */
export function isNeverForwarded(name: string): boolean {
  return neverForwarded.has(name) || /^(proxy|content)-/.test(name)
}

/** Returns the names in `Connection`: like that header itself, they belong to this hop (R34). */
function connectionNames(connection: CallerHeaders[string]): ReadonlySet<string> | undefined {
  if (typeof connection !== 'string' || connection === 'keep-alive' || connection === 'close') return undefined
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()))
}

function verdictOf(name: string, allow: readonly string[], deny: readonly string[]): Verdict {
  if (isNeverForwarded(name) || matchesAny(deny, name)) return 'drop'
  if (matchesAny(allow, name)) return 'pass'
  if (name === 'x-session-id') return 'session'
  if (name === 'user-agent') return 'agent'
  if (name === 'range' || name.startsWith('if-')) return 'relayed'
  // Checked before `account`, because a name that chooses the account may hold a credential of another system.
  if (denied.some((kind) => kind.test(name))) return 'drop'
  return account.test(name) ? 'own' : 'pass'
}

/**
 * Credentials of this server's callers, cookies, and headers of one hop or one body, which the transport writes itself.
 * RFC 9110 section 7.6.1.
 */
const neverForwarded: ReadonlySet<string> = new Set([
  ...credentialHeaders,
  'x-weir-key',
  'x-openai-key',
  'ocp-apim-subscription-key',
  'cookie',
  'cookie2',
  'set-cookie',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'max-forwards',
  'host',
  'accept-encoding',
  'digest',
])

/**
 * Headers that choose the account to bill. Sources: developers.openai.com/api/reference/overview,
 * cloud.google.com/apis/docs/system-parameters.
 */
const account =
  /^(openai-(organization|project)|chatgpt-account-id|anthropic-workspace-id|x-goog-(user-project|quota-user)|x-amz-.*)$/

const denied: readonly RegExp[] = [
  // All names that suggest a credential, or the caller's identity as reported by a proxy or login in front of this
  // server (S40).
  /(^|[-_])(o?auth|authorization|authentication|token|secret|password|passwd|pwd|passphrase|credentials?|jwt|assertion|otp|hmac|bypass|cookie|signature)([-_]|$)/,
  /^(dpop|client-cert(-chain)?|(x-)?(ssl-|client-)+cert(ificate)?(-.*)?)$/,
  // Any key, except those that identify calls or keep them together.
  /(?<!(^|[-_])(idempotency|cache|affinity|routing|partition|dedup|deduplication)[-_])(?<=^|[-_]|api|access|auth|secret|private)keys?([-_]|$)/,
  // Headers of other gateways, which hold their keys and those of providers.
  /^x-(portkey|bf)-/,
  /^(remote|x-(user|remote|authenticated|webauth|pomerium|consumer|ms-client-principal|goog-iap|goog-authenticated))(-|$)/,
  // The origin and route of the call: proxies, tunnels, page hosts.
  /^(forwarded|via|from|cdn-loop|front-end-https|(true-|wl-proxy-)?client-ip|(x-)?(fastly|fly|akamai)-.*|cf-.*)$/,
  /^x-(forwarded|real|envoy|azure|arr|appengine|nf|railway|amzn)(-|$)/,
  /^x-(client-ip|cluster-client-ip|originating-ip|proxyuser-ip|host|scheme|url-scheme|request-start|vercel-(id|ip|forwarded|proxied|deployment).*)$/,
  // Some servers read another path or method from these, beyond the permissions of the caller's key.
  /^x-(original|rewrite|http-method|method-override)(-|$)/,
  // Headers of browsers: Anthropic answers 401 to `origin`, and the others describe the user, not the call.
  /^(origin|referer|accept-language|dnt|priority|save-data|upgrade-insecure-requests|x-requested-with)$/,
  /^(sec|access-control)-/,
  // Traces end here unless the operator allows their headers, because they link the callers of one account.
  /^(traceparent|tracestate|baggage|b3|sentry-trace|uber-trace-id|newrelic|elastic-apm-traceparent|x-correlation-id)$/,
  /^(x-b3|x-datadog|x-cloud-trace|x-trace|x-ot)-/,
  // Weir's own.
  /^x-(weir-.*|request-id)$/,
]
