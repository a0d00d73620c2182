/** Every limit of the wire, none set. */
export const unlimited = {
  ...{ requests_per_minute: null, requests_per_hour: null, requests_per_day: null },
  ...{ tokens_per_minute: null, tokens_per_hour: null, tokens_per_day: null },
  ...{ concurrent_calls: null, concurrent_streams: null, usd_per_call: null, budgets: [] },
}

/** Whatever can be set. */
export const everything = {
  name: 'Web shop',
  disabled: false,
  expires_at: '2031-01-31T00:00:00.000Z',
  models: ['gpt-4o*', 'openai/*'],
  operations: ['chat.*', 'embeddings'],
  origins: ['https://shop.example'],
  ip_ranges: ['203.0.113.0/24', '2001:db8::/32'],
  limits: {
    ...{ requests_per_minute: 60, requests_per_hour: 600, requests_per_day: 6_000 },
    ...{ tokens_per_minute: 1_000, tokens_per_hour: 10_000, tokens_per_day: 100_000 },
    ...{ concurrent_calls: 8, concurrent_streams: 4, usd_per_call: 0.25 },
    budgets: [
      { usd: 1.5, per: 'day', time_zone: 'Europe/Berlin' },
      { usd: 0.3, per: 'day', time_zone: 'UTC' },
      { usd: 20, per: 'total', time_zone: 'UTC' },
    ],
  },
  per_user: { ...unlimited, requests_per_minute: 5, usd_per_call: 0.000000001 },
  shadow: true,
  default_max_tokens: 1_000,
  labels: { team: 'Shop', 'cost-centre': '4711' },
}

/** A key's input with a name to go with what is tried. */
export const named = (fields: object) => ({ name: 'x', ...fields })

/** What callers are told of a refusal; undefined where there was none. */
export const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    ({ code, param, message }) => ({ code, param, message }),
  )
