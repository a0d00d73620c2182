import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** An issuer on loopback that signs any claims. */
export interface Signer {
  readonly issuer: string
  /** Signs claims over those of a token of `user-1` for the audience `weir`, valid for ten minutes. */
  sign(claims?: JWTPayload, secondsAgo?: number): Promise<string>
  close(): void
}

export async function startSigner(): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'key-1', use: 'sig', alg: 'RS256' }]
  const server = createServer((request, response) => {
    const isDiscovery = request.url === '/.well-known/openid-configuration'
    response.end(JSON.stringify(isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys }))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    sign(claims = {}, secondsAgo = 0) {
      const now = Math.floor(Date.now() / 1_000) - secondsAgo
      return new SignJWT({ iss: issuer, sub: 'user-1', aud: 'weir', iat: now, exp: now + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'key-1', typ: 'JWT' })
        .sign(privateKey)
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
