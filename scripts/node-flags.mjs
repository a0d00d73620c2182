/**
 * How Weir is run. V8 lets its young generation grow to 128 MB under load; 8 MB a half keeps a loaded process below 150 MB at the same CPU a
 * call. Node takes this on its command line only.
 */
export const nodeFlags = ['--max-semi-space-size=8']
