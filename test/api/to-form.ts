/** A part of a form: a field or a file. */
export type FormPart =
  | readonly [name: string, value: string]
  | readonly [name: string, bytes: Uint8Array, fileName: string]

/** Renders a multipart body. Source: RFC 7578. */
export function toForm(parts: readonly FormPart[], boundary = 'form-of-a-test'): Buffer {
  return Buffer.concat([...parts.map((part) => toPart(part, boundary)), Buffer.from(`--${boundary}--\r\n`)])
}

function toPart([name, value, fileName]: FormPart, boundary: string): Buffer {
  const file = fileName === undefined ? '' : `; filename="${fileName}"\r\ncontent-type: application/octet-stream`
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ])
}
