import { invalidForm } from './invalid-form.ts'

/** A part as its headers describe it. */
export interface FormPart {
  readonly name: string
  /** It has a file name, so that parsers do not count it among the fields. */
  readonly isFile: boolean
  /** All parsers take its value for text. */
  readonly isText: boolean
  /** Its value is text in UTF-8 as long as it is ASCII. */
  readonly isLatin1: boolean
}

// A byte order mark at the beginning would be a part of the first header's name.
const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** One line, not folded. What Go, Python and busboy do with other bytes differs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come.
const headerLine = /^([a-z][\w-]*):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$/i

/**
 * The name comes first, and has nothing that is an escape to one parser and none to another. A file name may have: clients write `\"`, `\\` or a
 * plain backslash.
 */
const disposition =
  /^form-data; *name=(?:"([^"\\]+)"|([\w!#$%&'*+.^`|~-]+))(; *filename=(?:"((?:[^"\\]|\\.)*)"|[\w!#$%&'*+.^`|~-]+))?(; *filename\*=[\w!#$%&'*+.^`|~-]+)?$/is

/** The rest would be a parameter to a parser that takes `\"` for the end of a file name, or `\\"` for none. */
const oddFileName = /\\".*;|\\$/s

/** Some cut off the spaces around a name, decode encoded words (RFC 2047), or read the other fields in the charset of `_charset_` (RFC 7578, 4.6). */
const oddName = /^\s|\s$|=\?|^_charset_$/i

const textType = /^(?:text\/plain|application\/json)(?:; *charset=("?)(?:utf-8|us-ascii|(iso-8859-1))\1)?$/i

const plainEncodings: ReadonlyMap<string, RegExp> = new Map([
  ['content-transfer-encoding', /^(?:7bit|8bit|binary)$/i],
  ['content-encoding', /^identity$/i],
])

/** Reads the headers of a part, without the empty line after them. Throws GatewayError `invalid_form`. Source: RFC 7578 section 4. */
export function parsePart(head: Uint8Array): FormPart {
  const headers = new Map<string, string>()
  for (const line of utf8.decode(head).split('\r\n')) {
    const [, name, value] = headerLine.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw invalidForm('A part of the form has a header that is not one line of `name: value`.')
    const key = name.toLowerCase()
    if (headers.has(key)) throw invalidForm(`A part of the form has \`${key}\` twice.`)
    if (plainEncodings.get(key)?.test(value) === false)
      throw invalidForm(`A part of the form is encoded by \`${key}\`. Send it as it is.`)
    headers.set(key, value)
  }
  const [, quoted, plain, file, fileName, extended] = disposition.exec(headers.get('content-disposition') ?? '') ?? []
  const name = quoted ?? plain
  if (name === undefined || oddName.test(name) || (fileName !== undefined && oddFileName.test(fileName)))
    throw invalidForm(
      'A part of the form has no plain `content-disposition: form-data; name="…"`, with `; filename="…"` behind it for a file.',
    )
  const type = headers.get('content-type')
  if (type !== undefined && /^multipart\//i.test(type))
    throw invalidForm(`The part \`${name}\` of the form is \`multipart\` itself. Send each file as a part of its own.`)
  const text = textType.exec(type ?? 'text/plain')
  const isFile = file !== undefined || extended !== undefined
  return { name, isFile, isText: !isFile && text !== null, isLatin1: text?.[2] !== undefined }
}
