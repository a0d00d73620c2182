/** Removes Azure's `api-version`, in any spelling, from a query that starts with `?`; the rest stays unchanged. */
export function withoutApiVersion(query: string): string {
  if (!/api|%/i.test(query)) return query
  const kept = query
    .slice(1)
    .split('&')
    .filter((part) => ![...new URLSearchParams(part).keys()].some((name) => name.toLowerCase() === 'api-version'))
  return kept.length === 0 || kept.join('') === '' ? '' : `?${kept.join('&')}`
}
