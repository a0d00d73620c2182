import { constants, createHmac, KeyObject, timingSafeEqual, verify, type webcrypto } from 'node:crypto'
import type { CheckSignature } from '../../pipeline/access/logins/check-signature.ts'

/**
 * Checks synchronously with OpenSSL. WebCrypto on Node hands each signature to another thread, which takes three times as
 * long (docs/decisions/0027-signatures-of-logins.md).
 */
export const checkByOpenssl: CheckSignature = ({ text, signedLength }, key, algorithm) => {
  // The parts are ASCII, and so is their signed text.
  const signed = Buffer.from(text.slice(0, signedLength), 'latin1')
  const signature = Buffer.from(text.slice(signedLength + 1), 'base64url')
  const keyObject = toKeyObject(key)
  if (algorithm === 'HS256') {
    const expected = createHmac('sha256', keyObject).update(signed).digest()
    return expected.length === signature.length && timingSafeEqual(expected, signature)
  }
  if (algorithm === 'EdDSA') return verify(null, signed, keyObject, signature)
  const bits = Number(algorithm.slice(2))
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return verify(`sha${bits}`, signed, keyObject, signature)
    case 'PS':
      return verify(
        `sha${bits}`,
        signed,
        { key: keyObject, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 },
        signature,
      )
    case 'ES':
      return verify(`sha${bits}`, signed, { key: keyObject, dsaEncoding: 'ieee-p1363' }, signature)
    default:
      return false
  }
}

const keyObjects = new WeakMap<object, KeyObject>()

function toKeyObject(key: webcrypto.CryptoKey | CryptoKey): KeyObject {
  const known = keyObjects.get(key)
  if (known !== undefined) return known
  const keyObject = KeyObject.from(key)
  keyObjects.set(key, keyObject)
  return keyObject
}
