import { type CryptoKey, compactVerify, errors } from 'jose'
import type { LoginToken } from './login-token.ts'

/**
 * Returns true if the token is signed with the key. The algorithm belongs to the key, and the caller has compared it with
 * that of the token.
 */
export type CheckSignature = (token: LoginToken, key: CryptoKey, algorithm: string) => boolean | Promise<boolean>

/** Checks with jose and WebCrypto, which every platform has. */
export const checkByWebCrypto: CheckSignature = async ({ text }, key, algorithm) => {
  try {
    await compactVerify(text, key, { algorithms: [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}
