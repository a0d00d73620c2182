/** A query, with its `?`, without the version that clients of Azure name in it, however it is spelled; all else as it came. */
export function withoutApiVersion(query: string): string {
  if (!/api|%/i.test(query)) return query
  const kept = query
    .slice(1)
    .split('&')
    .filter((part) => ![...new URLSearchParams(part).keys()].some((name) => name.toLowerCase() === 'api-version'))
  return kept.length === 0 || kept.join('') === '' ? '' : `?${kept.join('&')}`
}
