/** The secret that the load sends to every gateway. Only Weir checks it. */
export const benchToken = 'bench-caller-token'

/**
 * The key that every gateway sends to the upstream. It has the length of OpenAI's project keys, because Weir's search
 * for it in forwarded bytes checks one pair of bytes per key length.
 */
export const providerKey = `sk-proj-${'b3n-C'.repeat(31)}A`
