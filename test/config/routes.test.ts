import { expect, test } from 'vitest'
import { parse, problemsOf } from './parse.ts'

const providers = {
  first: { kind: 'custom', base_url: 'https://first.example/v1' },
  second: { kind: 'custom', base_url: 'https://second.example/v1' },
}

function routesOf(routes: object, others: object = {}) {
  return { config: { providers, routes, ...others } }
}

test('a route names models of providers, aliases and other routes', () => {
  const { routes } = parse(
    routesOf(
      { fast: { targets: [{ model: 'cheap' }] }, all: { strategy: 'sticky', targets: [{ model: 'fast' }] } },
      { models: { aliases: { cheap: 'small', small: 'first/vendor/small-1' } } },
    ),
  )
  expect([...routes.keys()]).toEqual(['fast', 'all'])
  expect(routes.get('fast')).toMatchObject({
    strategy: 'ordered',
    targets: [{ name: 'first/vendor/small-1', weight: 1, percent: undefined, when: undefined }],
    maxPrice: undefined,
    onFailure: {},
    maxAttempts: 5,
  })
  expect(routes.get('all')?.targets).toMatchObject([{ name: 'fast' }])
})

test('conditions and steps are read with their defaults', () => {
  const when = { keys: ['key_1'], inputs: ['image'], max_input_tokens: 1_000, days: ['sat', 'sun'], from: '22:00' }
  const { routes } = parse(
    routesOf({
      r: {
        targets: [
          { model: 'first/a', percent: 100 },
          { model: 'second/b', percent: 5, when },
        ],
        on_failure: { content_policy: ['second/b', 'next'], rate_limit: [] },
        max_price: { prompt: 2.5 },
      },
    }),
  )
  expect(routes.get('r')).toMatchObject({
    targets: [
      { percent: undefined },
      {
        percent: 5,
        when: {
          keys: ['key_1'],
          tags: undefined,
          inputs: ['image'],
          minInputTokens: 0,
          maxInputTokens: 1_000,
          hours: { days: ['sat', 'sun'], from: 1_320, until: 1_440, timeZone: 'UTC' },
        },
      },
    ],
    onFailure: { content_policy: ['second/b', 'next'], rate_limit: [] },
    maxPrice: { prompt: 2.5 },
  })
})

const reached = { targets: [{ model: 'first/a' }] }

test.each([
  [
    'a maximum price below zero',
    { r: { ...reached, max_price: { prompt: -1 } } },
    /^routes\.r\.max_price\.prompt: must be a number of USD from 0 to 1000000/,
  ],
  [
    'a name that reaches nothing',
    { r: { targets: [{ model: 'third/a' }] } },
    /^routes\.r\.targets\[0\]\.model: is `third\/a`, which reaches nothing\. .*`first\/…`/,
  ],
  ['a misspelt route', { chat: reached, r: { targets: [{ model: 'caht' }] } }, /Did you mean `chat`/],
  ['no target', { r: { targets: [] } }, /^routes\.r\.targets: is empty, so the route reaches nothing/],
  [
    'a step that reaches nothing',
    { r: { ...reached, on_failure: { quota: ['x'] } } },
    /^routes\.r\.on_failure\.quota: is `x`/,
  ],
  [
    'a shadow that reaches nothing',
    { r: { ...reached, shadow: { model: 'third/a' } } },
    /^routes\.r\.shadow\.model: is `third\/a`/,
  ],
  [
    'weights that sum to 0',
    { r: { strategy: 'weighted', targets: [{ model: 'first/a', weight: 0 }] } },
    /^routes\.r\.targets: have weights that sum to 0/,
  ],
  [
    'percentages that leave a gap',
    {
      r: {
        targets: [
          { model: 'first/a', percent: 60 },
          { model: 'second/a', percent: 40 },
        ],
      },
    },
    /^routes\.r\.targets: all have a `percent` below 100/,
  ],
  [
    'a loop',
    { a: { targets: [{ model: 'b' }] }, b: { ...reached, on_failure: { quota: ['a'] } } },
    /^routes\.a: leads back to itself \(`a` → `b` → `a`\)/,
  ],
  ['a route of itself', { a: { targets: [{ model: 'a' }] } }, /^routes\.a: leads back to itself \(`a` → `a`\)/],
  ['a name with a space', { 'a b': reached }, /^routes\.a b: is not a valid route name/],
  ['an unknown strategy', { r: { ...reached, strategy: 'random' } }, /^routes\.r\.strategy: must be one of `ordered`/],
  [
    'a time of day',
    { r: { targets: [{ model: 'first/a', when: { from: '25:00' } }] } },
    /when\.from: must be a time of day/,
  ],
])('%s is refused with its path', (_name, routes, problem) => {
  expect(problemsOf(routesOf(routes))).toEqual([expect.stringMatching(problem)])
})

test('a route with the name of an alias is refused', () => {
  expect(problemsOf(routesOf({ r: reached }, { models: { aliases: { r: 'first/b' } } }))).toEqual([
    expect.stringMatching(/^routes\.r: is also the name of an alias/),
  ])
})

test('isolates of a Worker share their breakers if the operator says so; on Node that is refused', () => {
  expect(parse({}).routing).toEqual({ sharesBreakers: false })
  for (const [name, input] of [
    ['routing.share_breakers', { config: { routing: { share_breakers: true } } }],
    ['SHARE_BREAKERS', { env: { SHARE_BREAKERS: 'true' } }],
  ] as const) {
    expect(parse({ ...input, platform: 'workers' }).routing).toEqual({ sharesBreakers: true })
    expect(problemsOf(input)).toEqual([
      `${name}: is for Workers only. Remove it: on Node the processes of a machine always share their breakers.`,
    ])
  }
})
