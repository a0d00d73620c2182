/** The dialects whose reasoning carries a signature, without which their provider does not accept it back. */
export type SigningDialect = 'messages' | 'responses' | 'gemini'

/** A provider's proof of its reasoning. Only that provider can read it. */
export interface Signature {
  readonly dialect: SigningDialect
  readonly value: string
  /** The id of the item in Responses. */
  readonly id?: string | undefined
  /** True if the reasoning itself is encrypted in it: Anthropic's `redacted_thinking`. */
  readonly isRedacted?: boolean | undefined
}

const foreign = /^weir:(messages|redacted|responses|gemini):([^:]*):(.*)$/s

/**
 * Writes a signature into the field of another dialect, which its client sends back unread. The mark names its origin,
 * because a provider refuses the signatures of another.
 */
export function toSignatureText({ dialect, value, id = '', isRedacted }: Signature, own: SigningDialect): string {
  if (isRedacted === true) return `weir:redacted::${value}`
  return dialect === own ? value : `weir:${dialect}:${id}:${value}`
}

/** Reads the field of a dialect: its own signature, or a marked one. */
export function readSignatureText(text: string, own: SigningDialect): Signature {
  const [, dialect, id, value] = foreign.exec(text) ?? []
  if (dialect === undefined || value === undefined) return { dialect: own, value: text }
  if (dialect === 'redacted') return { dialect: 'messages', value, isRedacted: true }
  return { dialect: dialect as SigningDialect, value, ...(id !== '' && { id }) }
}
