import { decodeBase64, encodeBase64 } from '../../core/base64.ts'
import { readSignatureText, type Signature, toSignatureText } from '../signature.ts'

/**
 * Stands for a signature that the caller does not have, such as that of a call that another model made. Gemini 3 refuses
 * the first call of a step without one. Sources, read on 2026-11-30: https://ai.google.dev/gemini-api/docs/thought-signatures#faqs,
 * https://github.com/google-gemini/gemini-cli/blob/main/packages/core/src/core/geminiChat.ts.
 */
export const placeholderSignature = 'skip_thought_signature_validator'

/** Writes a signature into `thoughtSignature`. Google's clients decode the field, so a marked text is base64 there. */
export function toThoughtSignature(signature: Signature): string {
  const text = toSignatureText(signature, 'gemini')
  return signature.dialect === 'gemini' ? text : encodeBase64(new TextEncoder().encode(text))
}

/** Reads `thoughtSignature`: Google's own, or a marked one. */
export function readThoughtSignature(text: string): Signature {
  const marked = isMarked.test(text) ? decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/')) : undefined
  return readSignatureText(marked === undefined ? text : new TextDecoder().decode(marked), 'gemini')
}

/** The base64 of `weir:`. Its last letter also holds bits of what follows. */
const isMarked = /^d2Vpcj[o-r]/
