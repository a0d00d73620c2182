import { invalidForm } from './invalid-form.ts'

const parameter = /[ \t]*;[ \t]*(?:(boundary)|charset)=(?:"([^"]+)"|([^\s";]+))/iy

/** RFC 2046 section 5.1.1 allows the first list in quotation marks; without them, a token of RFC 9110 is left of it. */
const quotedBoundary = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/
const plainBoundary = /^[\w'+.-]{1,70}$/

export interface FormType {
  readonly boundary: string
  /** Some parsers read all fields as Latin-1, which is UTF-8 as long as they are ASCII. */
  readonly isLatin1: boolean
}

/**
 * The boundary of a `content-type`, which may have a charset beside it that ASCII is a part of. Any other parameter is refused, since some parsers look for
 * `boundary=` in the whole text, and one that quotes `; boundary=` hides a second one. Throws GatewayError `invalid_form`.
 */
export function parseFormType(contentType: string): FormType {
  const boundaries: string[] = []
  const charsets: string[] = []
  parameter.lastIndex = 'multipart/form-data'.length
  let isPlain = true
  while (isPlain && parameter.lastIndex < contentType.length) {
    const found = parameter.exec(contentType)
    if (found === null) break
    const [, isBoundary, quoted, plain = ''] = found
    if (isBoundary === undefined)
      isPlain = charsets.push(quoted ?? plain) === 1 && /^(utf-8|us-ascii|iso-8859-1)$/i.test(quoted ?? plain)
    else {
      isPlain = quoted === undefined ? plainBoundary.test(plain) : quotedBoundary.test(quoted)
      boundaries.push(quoted ?? plain)
    }
  }
  const isWhole = parameter.lastIndex === contentType.length
  const [boundary] = boundaries
  if (!isPlain || !isWhole || boundary === undefined || boundaries.length > 1)
    throw invalidForm('Send `content-type: multipart/form-data; boundary=…` with one boundary and no other parameter.')
  return { boundary, isLatin1: charsets[0]?.toLowerCase() === 'iso-8859-1' }
}
