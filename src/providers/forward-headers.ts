import { matchesAny } from '../core/match-pattern.ts'

/** A caller's headers as they came, names in lower case. Only `set-cookie` is ever a list. */
export type CallerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** Which of a caller's headers a provider gets beside, and in place of, the usual ones: names in lower case, in which `*` stands for any text. */
export interface HeaderRules {
  readonly allow: readonly string[]
  /** Goes before `allow`. */
  readonly deny: readonly string[]
}

/** The circumstances of a request by which some headers travel or stay. */
export interface Forwarding {
  /** The caller's own key pays. */
  readonly hasOwnKey: boolean
  /** An endpoint that Weir relays without understanding it, whose answer may be partial or unchanged. */
  readonly isRelayed: boolean
}

/** `own`: with the caller's own key. `relayed`: where the answer is relayed untouched. `session`: unless it names a session of Weir's. */
type Verdict = 'passes' | 'stays' | 'own' | 'relayed' | 'session'

/** Callers choose the names, which are therefore kept up to a bound only. */
const keptNames = { count: 500, length: 64 }

/**
 * Makes the choice of a caller's headers that travel to one provider: all but those of the classes below, since affinity, betas and ids of
 * sessions decide on prompt caches and features (case B1). The headers that are given back may be changed.
 */
export function createHeaderFilter({ allow, deny }: HeaderRules) {
  // Judging a name costs several times what finding it here does, and calls repeat a few dozen names.
  const verdicts = new Map<string, Verdict>()

  function judge(name: string): Verdict {
    const verdict = verdictOn(name, allow, deny)
    if (verdicts.size >= keptNames.count) verdicts.clear()
    if (name.length <= keptNames.length) verdicts.set(name, verdict)
    return verdict
  }

  return (headers: CallerHeaders, { hasOwnKey, isRelayed }: Forwarding): Record<string, string> => {
    const forwarded: Record<string, string> = { 'user-agent': 'weir', 'accept-encoding': 'identity' }
    const ofThisHop = namedBy(headers.connection)
    for (const name in headers) {
      const value = headers[name]
      if (typeof value !== 'string') continue
      const verdict = verdicts.get(name) ?? judge(name)
      if (verdict === 'stays' || ofThisHop?.has(name) === true) continue
      if (verdict === 'own' && !hasOwnKey) continue
      if (verdict === 'relayed' && !isRelayed) continue
      if (verdict === 'session' && /^session_/i.test(value)) continue
      forwarded[name] = value
    }
    return forwarded
  }
}

/** True for a header that an operator cannot let pass either: a credential that Weir reads, a cookie, or one that the connection decides on. */
export function isNeverForwarded(name: string): boolean {
  return never.has(name) || /^(proxy|content)-/.test(name)
}

/** The names in `Connection` belong to this hop, as it does itself (R34). */
function namedBy(connection: CallerHeaders[string]): ReadonlySet<string> | undefined {
  if (typeof connection !== 'string' || connection === 'keep-alive' || connection === 'close') return undefined
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()))
}

function verdictOn(name: string, allow: readonly string[], deny: readonly string[]): Verdict {
  if (isNeverForwarded(name) || matchesAny(deny, name)) return 'stays'
  if (matchesAny(allow, name)) return 'passes'
  if (name === 'x-session-id') return 'session'
  if (name === 'range' || name.startsWith('if-')) return 'relayed'
  // First, since a name that chooses the account may hold a credential of another system.
  if (denied.some((kind) => kind.test(name))) return 'stays'
  return account.test(name) ? 'own' : 'passes'
}

/** Credentials of this server's callers, cookies, and the headers of one hop or one body: the transport writes its own. RFC 9110 section 7.6.1. */
const never = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
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

/** Those that choose the account that pays. Sources: developers.openai.com/api/reference/overview, cloud.google.com/apis/docs/system-parameters. */
const account =
  /^(openai-(organization|project)|chatgpt-account-id|anthropic-workspace-id|x-goog-(user-project|quota-user)|x-amz-.*)$/

const denied: readonly RegExp[] = [
  // All that calls itself a credential, and who the caller is by the word of a proxy or a login before this server (S40).
  /(^|[-_])(o?auth|authorization|authentication|token|secret|password|passwd|pwd|passphrase|credentials?|jwt|assertion|otp|hmac|bypass|cookie|signature)([-_]|$)/,
  /^(dpop|client-cert(-chain)?|(x-)?(ssl-|client-)+cert(ificate)?(-.*)?)$/,
  // Any key but those by which calls are told apart or kept together.
  /(?<!(^|[-_])(idempotency|cache|affinity|routing|partition|dedup|deduplication)[-_])(?<=^|[-_]|api|access|auth|secret|private)keys?([-_]|$)/,
  // Those of other gateways, which hold keys of theirs and of providers.
  /^x-(portkey|bf)-/,
  /^(remote|x-(user|remote|authenticated|webauth|pomerium|consumer|ms-client-principal|goog-iap|goog-authenticated))(-|$)/,
  // Where the call comes from and which way it took: proxies, tunnels, hosts of pages.
  /^(forwarded|via|from|cdn-loop|front-end-https|(true-|wl-proxy-)?client-ip|(x-)?(fastly|fly|akamai)-.*|cf-.*)$/,
  /^x-(forwarded|real|envoy|azure|arr|appengine|nf|railway|amzn)(-|$)/,
  /^x-(client-ip|cluster-client-ip|originating-ip|proxyuser-ip|host|scheme|url-scheme|request-start|vercel-(id|ip|forwarded|proxied|deployment).*)$/,
  // Some servers take another path or method from these than from the request, past what the caller's key allows.
  /^x-(original|rewrite|http-method|method-override)(-|$)/,
  // A browser's: Anthropic answers 401 to `origin`, and the rest tells of the user and not of the call.
  /^(origin|referer|user-agent|accept-language|dnt|priority|save-data|upgrade-insecure-requests|x-requested-with)$/,
  /^(sec|access-control)-/,
  // Traces end here unless the operator allows their headers, since they tie the callers of one account together.
  /^(traceparent|tracestate|baggage|b3|sentry-trace|uber-trace-id|newrelic|elastic-apm-traceparent|x-correlation-id)$/,
  /^(x-b3|x-datadog|x-cloud-trace|x-trace|x-ot)-/,
  // Weir's own.
  /^x-(weir-.*|request-id)$/,
]
