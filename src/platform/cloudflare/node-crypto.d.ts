/**
 * The part of workerd's `node:crypto` (nodejs_compat) that Weir uses. Node's own types would conflict with workerd's.
 */
declare module 'node:crypto' {
  export function createHash(algorithm: 'sha256'): { update(data: string | Uint8Array): { digest(): Uint8Array } }
  export function createHmac(
    algorithm: 'sha256',
    key: string,
  ): { update(data: string): { digest(encoding: 'base64url'): string } }
  export function timingSafeEqual(left: Uint8Array, right: Uint8Array): boolean
}
