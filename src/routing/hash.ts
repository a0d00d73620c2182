/** Returns a 32-bit hash of a string (FNV-1a over UTF-16). Not for secrets. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** Mixes two hashes to a number in (0, 1): each bit of both changes half of the result's (MurmurHash3's finalizer). */
export function mix(left: number, right: number): number {
  let hash = Math.imul(left ^ Math.imul(right, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f)
  hash ^= hash >>> 15
  return ((hash >>> 0) + 0.5) / 0x1_0000_0000
}
