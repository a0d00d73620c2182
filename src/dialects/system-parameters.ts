/**
 * Google's system parameters, which every method of its APIs reads from the query. They hold a key, choose the account
 * that pays, replace the body or a header, or change the form of the response: `fields=candidates` removes the usage.
 * Source: https://cloud.google.com/apis/docs/system-parameters, read on 2026-11-30.
 */
const systemParameters =
  /^(\$.*|key|alt|fields|callback|pretty_?print|quota_?user|user_?project|access_token|oauth_token|upload_protocol|upload_?type)$/i

/** Returns a query without Google's system parameters, with its `?`, or empty. */
export function withoutSystemParameters(query: string): string {
  if (query === '') return query
  const kept = [...new URLSearchParams(query)].filter(([name]) => !systemParameters.test(name))
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept)}`
}
