import { invalidForm } from './invalid-form.ts'

const parameter = /[ \t]*;[ \t]*(?:(boundary)|charset)=(?:"([^"]+)"|([^\s";]+))/iy

/** RFC 2046 section 5.1.1 allows the first list in quotation marks; without them, a token of RFC 9110 is left of it. */
const quotedBoundary = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/
const plainBoundary = /^[\w'+.-]{1,70}$/

/**
 * The boundary of a `content-type`, which may have a charset that is UTF-8 beside it. Any other parameter is refused, since some parsers look for
 * `boundary=` in the whole text, and one that quotes `; boundary=` hides a second one. Throws GatewayError `invalid_form`.
 */
export function parseBoundary(contentType: string): string {
  const boundaries: string[] = []
  let charsets = 0
  parameter.lastIndex = 'multipart/form-data'.length
  let isPlain = true
  while (isPlain && parameter.lastIndex < contentType.length) {
    const found = parameter.exec(contentType)
    if (found === null) break
    const [, isBoundary, quoted, plain = ''] = found
    if (isBoundary === undefined) isPlain = ++charsets === 1 && /^(utf-8|us-ascii)$/i.test(quoted ?? plain)
    else {
      isPlain = quoted === undefined ? plainBoundary.test(plain) : quotedBoundary.test(quoted)
      boundaries.push(quoted ?? plain)
    }
  }
  const isWhole = parameter.lastIndex === contentType.length
  const [boundary] = boundaries
  if (!isPlain || !isWhole || boundary === undefined || boundaries.length > 1)
    throw invalidForm('Send `content-type: multipart/form-data; boundary=…` with one boundary and no other parameter.')
  return boundary
}
