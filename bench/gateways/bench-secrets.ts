/** What the load sends as its secret to every gateway. Only Weir looks at it. */
export const benchToken = 'bench-caller-token'

/**
 * What every gateway sends to the upstream as its key. As long as OpenAI's keys of projects are, since the search for it in what passes looks at one
 * pair of bytes for each length of it.
 */
export const providerKey = `sk-proj-${'b3n-C'.repeat(31)}A`
