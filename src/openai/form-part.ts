import { invalidForm } from './invalid-form.ts'

/** A part of a form, described by its headers. */
export interface FormPart {
  readonly name: string
  /** True if the part has a file name: parsers do not treat it as a field. */
  readonly isFile: boolean
  /** True if all parsers treat its value as text. */
  readonly isText: boolean
  /** True if its value equals UTF-8 only while it is ASCII. */
  readonly isLatin1: boolean
}

// Keeps a byte order mark, which is then an invalid part of the first header name.
const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** One unfolded line. Go, Python and busboy handle other bytes differently. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern rejects them
const headerLine = /^([a-z][\w-]*):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$/i

/**
 * The name is the first parameter and contains no characters that only some parsers read as an escape. A file name may
 * contain them: clients write `\"`, `\\` or a plain backslash.
 */
const disposition =
  /^form-data; *name=(?:"([^"\\]+)"|([\w!#$%&'*+.^`|~-]+))(; *filename=(?:"((?:[^"\\]|\\.)*)"|[\w!#$%&'*+.^`|~-]+))?(; *filename\*=[\w!#$%&'*+.^`|~-]+)?$/is

/**
 * Rejected: a parser that reads `\"` as the end of a file name, or `\\"` as no end, would read the rest as a parameter.
 */
const oddFileName = /\\".*;|\\$/s

/** Rejected: some parsers trim names, decode encoded words (RFC 2047), or apply `_charset_` (RFC 7578, 4.6). */
const oddName = /^\s|\s$|=\?|^_charset_$/i

const textType = /^(?:text\/plain|application\/json)(?:; *charset=("?)(?:utf-8|us-ascii|(iso-8859-1))\1)?$/i

const plainEncodings: ReadonlyMap<string, RegExp> = new Map([
  ['content-transfer-encoding', /^(?:7bit|8bit|binary)$/i],
  ['content-encoding', /^identity$/i],
])

/**
 * Parses the headers of a part, without the empty line. Throws GatewayError `invalid_form`. Source: RFC 7578 section 4.
 */
export function parsePart(head: Uint8Array): FormPart {
  const headers = new Map<string, string>()
  for (const line of utf8.decode(head).split('\r\n')) {
    const [, name, value] = headerLine.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw invalidForm('A part of the form has a header that is not one line of `name: value`.')
    const key = name.toLowerCase()
    if (headers.has(key)) throw invalidForm(`A part of the form has the header \`${key}\` twice.`)
    if (plainEncodings.get(key)?.test(value) === false)
      throw invalidForm(`A part of the form uses the encoding header \`${key}\`. Send the part unencoded.`)
    headers.set(key, value)
  }
  const [, quoted, plain, file, fileName, extended] = disposition.exec(headers.get('content-disposition') ?? '') ?? []
  const name = quoted ?? plain
  if (name === undefined || oddName.test(name) || (fileName !== undefined && oddFileName.test(fileName)))
    throw invalidForm(
      'A part of the form needs a plain `content-disposition: form-data; name="…"`, followed by `; filename="…"` for a file.',
    )
  const type = headers.get('content-type')
  if (type !== undefined && /^multipart\//i.test(type))
    throw invalidForm(`The part \`${name}\` of the form is itself \`multipart\`. Send each file as a separate part.`)
  const text = textType.exec(type ?? 'text/plain')
  const isFile = file !== undefined || extended !== undefined
  return { name, isFile, isText: !isFile && text !== null, isLatin1: text?.[2] !== undefined }
}
