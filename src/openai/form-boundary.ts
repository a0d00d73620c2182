import { invalidForm } from './invalid-form.ts'

const parameter = /[ \t]*;[ \t]*(?:(boundary)|charset)=(?:"([^"]+)"|([^\s";]+))/iy

/** RFC 2046 section 5.1.1 allows these characters in quotes; without quotes only those of an RFC 9110 token remain. */
const quotedBoundary = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/
const plainBoundary = /^[\w'+.-]{1,70}$/

export interface FormType {
  readonly boundary: string
  /** True if some parsers decode all fields as Latin-1, which equals UTF-8 only for ASCII. */
  readonly isLatin1: boolean
}

/**
 * Parses a `content-type` with a boundary and optionally an ASCII-compatible charset. Throws GatewayError
 * `invalid_form` for any other parameter: some parsers search the whole header for `boundary=`, and a quoted value can
 * hide a second `; boundary=`.
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
