/** A form on the wire: its `content-type` and its body, which is sent as UTF-8. */
export interface FormVariant {
  readonly how: string
  readonly type: string
  readonly body: string
}

const boundary = 'aaa'
const type = `multipart/form-data; boundary=${boundary}`

interface Shape {
  readonly boundary?: string
  readonly lineEnd?: string
  readonly ending?: string
}

/** Builds a form from parts, each with its header lines and its value. */
function toBody(parts: readonly (readonly [head: string, value: string])[], shape: Shape = {}): string {
  const { boundary: own = boundary, lineEnd = '\r\n', ending = `--${own}--${lineEnd}` } = shape
  const texts = parts.map(([head, value]) => ['--', own, '\r\n', head, '\r\n\r\n', value, '\r\n'].join(''))
  return `${texts.join('').replaceAll('\r\n', lineEnd)}${ending}`
}

const modelHead = 'Content-Disposition: form-data; name="model"'
const model = [modelHead, 'whisper-1'] as const
const fileHead = 'Content-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg'
const file = [fileHead, 'sound'] as const
const hidden = [modelHead, 'dear'] as const

function toClientForm(how: string, heads: readonly [field: string, file: string], shape: Shape = {}): FormVariant {
  const { boundary: own = boundary } = shape
  const [field, sound] = heads
  const body = toBody(
    [
      [field, 'whisper-1'],
      [sound, 'x'],
    ],
    shape,
  )
  return { how, type: `multipart/form-data; boundary=${own}`, body }
}

/** Forms with the file name `größe "a\b".mp3`, captured from clients or built from their sources on 2026-11-29. */
export const clientForms: readonly FormVariant[] = [
  toClientForm(
    'openai 7.57.0 for Node, and FormData of Node 24 and browsers',
    [
      modelHead,
      'Content-Disposition: form-data; name="file"; filename="größe %22a\\b%22.mp3"\r\nContent-Type: audio/mpeg',
    ],
    { boundary: '----formdata-undici-034971601968' },
  ),
  toClientForm(
    'openai 4.104.0 for Node, with two line breaks at the end',
    [
      modelHead,
      'Content-Disposition: form-data; name="file"; filename="größe %22a\\b%22.mp3"\r\nContent-Type: application/octet-stream',
    ],
    {
      boundary: 'form-data-boundary-86awrncdal6zlpl7',
      ending: '--form-data-boundary-86awrncdal6zlpl7--\r\n\r\n',
    },
  ),
  toClientForm(
    'httpx 0.28.1, which openai for Python uses',
    [
      modelHead,
      'Content-Disposition: form-data; name="file"; filename="größe %22a\\\\b%22.mp3"\r\nContent-Type: audio/mpeg',
    ],
    { boundary: 'ab4e43be0aecae1c594e12fc76a5019e' },
  ),
  toClientForm(
    'requests 2.34.2',
    [
      modelHead,
      'Content-Disposition: form-data; name="file"; filename="größe %22a\\b%22.mp3"\r\nContent-Type: audio/mpeg',
    ],
    { boundary: '220c299752a50f2b64f5ab9e3c9ffbe8' },
  ),
  toClientForm(
    'aiohttp 3.14.5',
    [
      'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="model"',
      'Content-Type: audio/mpeg\r\nContent-Disposition: form-data; name="file"; filename="gr%C3%B6%C3%9Fe%20%22a%5Cb%22.mp3"',
    ],
    { boundary: 'a480d5e2106042d086f273a238be6ef7' },
  ),
  toClientForm(
    'mime/multipart of Go 1.26, and curl 7.88.1 with --form-escape',
    [
      modelHead,
      'Content-Disposition: form-data; name="file"; filename="größe \\"a\\\\b\\".mp3"\r\nContent-Type: application/octet-stream',
    ],
    { boundary: 'a13775b6bed9f6508588d505b6df1652ede1997e830e18bf9806e296d773' },
  ),
  toClientForm(
    'curl 7.88.1',
    [
      modelHead,
      'Content-Disposition: form-data; name="file"; filename="größe %22a\\b%22.mp3"\r\nContent-Type: application/octet-stream',
    ],
    { boundary: '------------------------d888a123ce94e5a7' },
  ),
  // https://github.com/square/okhttp, MultipartBody: version 4 wrote the length of each part; later versions do not.
  toClientForm(
    'OkHttp 4',
    [
      `${modelHead}\r\nContent-Length: 9`,
      'Content-Disposition: form-data; name="file"; filename="größe %22a\\b%22.mp3"\r\nContent-Type: audio/mpeg\r\nContent-Length: 1',
    ],
    { boundary: '3ab56c3f-5e2c-4d9c-9c1c-1a2b3c4d5e6f' },
  ),
  // https://github.com/apache/httpcomponents-client 4, FormBodyPartBuilder and ContentType.TEXT_PLAIN.
  toClientForm(
    'Apache HttpClient 4',
    [
      `${modelHead}\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit`,
      'Content-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary',
    ],
    { boundary: 'cTDCyj5yWN3o8HpWQ3tV3yW0vJ8r' },
  ),
  // https://github.com/seanmonstar/reqwest, src/async_impl/multipart.rs.
  toClientForm(
    'reqwest',
    [
      modelHead,
      'Content-Disposition: form-data; name="file"; filename="größe \\"a\\\\b\\".mp3"\r\nContent-Type: audio/mpeg',
    ],
    { boundary: '1b2c3d4e5f607182-0a1b2c3d4e5f6071-1122334455667788-99aabbccddeeff00' },
  ),
  // https://github.com/dotnet/runtime, MultipartContent.cs, ContentDispositionHeaderValue.cs: only the boundary is
  // quoted.
  {
    ...toClientForm('HttpClient of .NET', [
      'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=model',
      'Content-Type: audio/mpeg\r\nContent-Disposition: form-data; name=file; filename="=?utf-8?B?Z3LDtsOfZS5tcDM=?="; filename*=utf-8\'\'gr%C3%B6%C3%9Fe.mp3',
    ]),
    type: `multipart/form-data; boundary="${boundary}"`,
  },
  // The default charset of ContentType.MULTIPART_FORM_DATA in Apache's HttpCore.
  {
    ...toClientForm('a client that declares Latin-1 and sends ASCII', [modelHead, fileHead]),
    type: `multipart/form-data; charset=ISO-8859-1; boundary=${boundary}`,
  },
]

function odd(how: string, parts: readonly (readonly [head: string, value: string])[], shape: Shape = {}): FormVariant {
  return { how, type, body: toBody(parts, shape) }
}

function oddType(how: string, value: string, own = boundary): FormVariant {
  return { how, type: value, body: toBody([model, file], { boundary: own }) }
}

function oddHead(how: string, head: string): FormVariant {
  return odd(how, [[head, 'dear'], file])
}

/** Forms that parsers read differently, or that none of the clients above sends. */
export const oddForms: readonly FormVariant[] = [
  oddType('two boundaries', 'multipart/form-data; boundary=aaa; boundary=bbb'),
  oddType('a second boundary within an earlier parameter', 'multipart/form-data; x="; boundary=bbb"; boundary=aaa'),
  oddType('a second boundary within a later parameter', 'multipart/form-data; boundary=aaa; x="; boundary=bbb"'),
  oddType('a parameter whose name ends in boundary', 'multipart/form-data; xboundary=bbb; boundary=aaa'),
  oddType('a continued boundary parameter', 'multipart/form-data; boundary*0=aaa'),
  oddType('a boundary with an escape', 'multipart/form-data; boundary="a\\aa"'),
  oddType('a boundary with an unbalanced single quote', "multipart/form-data; boundary=aaa'; x='b"),
  oddType('a space before the boundary', 'multipart/form-data; boundary= aaa'),
  oddType('a boundary that is not a token', 'multipart/form-data; boundary=a=a', 'a=a'),
  oddType('a boundary that ends in a space', 'multipart/form-data; boundary="aaa "', 'aaa '),
  oddType('a charset that is not UTF-8', 'multipart/form-data; charset=utf-7; boundary=aaa'),
  oddType('a boundary over 70 bytes', `multipart/form-data; boundary=${'a'.repeat(71)}`, 'a'.repeat(71)),
  oddType('no boundary', 'multipart/form-data'),
  oddHead('no disposition', 'Content-Type: text/plain'),
  oddHead('another disposition', 'Content-Disposition: attachment; name="model"'),
  oddHead(
    'two dispositions',
    'Content-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="model"',
  ),
  oddHead('two names', 'Content-Disposition: form-data; name="x"; name="model"'),
  oddHead('a continued name parameter', 'Content-Disposition: form-data; name*0="mo"; name*1="del"'),
  oddHead('an extended name', "Content-Disposition: form-data; name*=utf-8''model"),
  oddHead('a name with an escape', 'Content-Disposition: form-data; name="mod\\el"'),
  oddHead('a name without a closing quote', 'Content-Disposition: form-data; name="model'),
  oddHead('a name with a space', 'Content-Disposition: form-data; name=" model"'),
  oddHead('a field that sets the charset of others', 'Content-Disposition: form-data; name="_charset_"'),
  oddHead('an encoded name', 'Content-Disposition: form-data; name="=?utf-8?q?model?="'),
  oddHead('a name in single quotes', 'Content-Disposition: form-data; name=\'a; name="model"\''),
  oddHead('a name after a file name', 'Content-Disposition: form-data; filename="a\\"; name="model"'),
  oddHead(
    'a file name that hides a name',
    'Content-Disposition: form-data; name="x"; filename="a\\"; name=model; x=\\""',
  ),
  oddHead('a folded header', 'Content-Disposition: form-data;\r\n name="model"'),
  oddHead('a header folded by a tab', 'X-Note: a\r\n\tb\r\nContent-Disposition: form-data; name="model"'),
  oddHead('a space before the colon', 'Content-Disposition : form-data; name="model"'),
  oddHead('a line that is not a header', 'no header\r\nContent-Disposition: form-data; name="model"'),
  oddHead('a byte order mark', '\ufeffContent-Disposition: form-data; name="model"'),
  oddHead('a NUL', 'Content-Disposition: form-data; name="model\0"'),
  oddHead('a bare LF', 'X-Note: a\nContent-Disposition: form-data; name="model"'),
  oddHead('a bare CR', 'X-Note: a\rContent-Disposition: form-data; name="model"'),
  oddHead('a transfer encoding', `${modelHead}\r\nContent-Transfer-Encoding: quoted-printable`),
  oddHead('a content encoding', `${modelHead}\r\nContent-Encoding: gzip`),
  oddHead('a field with a file name', `${modelHead}; filename="a"`),
  oddHead('a field of bytes', `${modelHead}\r\nContent-Type: application/octet-stream`),
  oddHead('a field in another charset', `${modelHead}\r\nContent-Type: text/plain; charset=utf-16le`),
  oddHead('a part that is a form', `${modelHead}\r\nContent-Type: multipart/mixed; boundary=bbb`),
  odd('text after its end', [model, file], { ending: '--aaa--\r\nx' }),
  odd('a second form after its end', [model, file], { ending: `--aaa--\r\n${toBody([hidden])}` }),
  odd('spaces after its end', [model, file], { ending: '--aaa-- \r\n' }),
  odd('a bare LF after its end', [model, file], { ending: '--aaa--\n' }),
  odd('no end', [model, file], { ending: '' }),
  odd('half an end', [model, file], { ending: '--aaa-' }),
  odd('line breaks of LF', [model, file], { lineEnd: '\n' }),
  { how: 'a preamble', type, body: `x\r\n${toBody([model, file])}` },
  { how: 'an empty line before it', type, body: `\r\n${toBody([model, file])}` },
  { how: 'a space after a delimiter', type, body: toBody([model, file]).replace('--aaa\r\n', '--aaa \r\n') },
  { how: 'a longer delimiter', type, body: toBody([model, file]).replace('sound', 'a\r\n--aaab\r\nb') },
  {
    how: 'a delimiter after a bare LF',
    type,
    body: toBody([model, [fileHead, `a\n--aaa\r\n${modelHead}\r\n\r\ndear`]]),
  },
  {
    how: 'a delimiter after a bare CR',
    type,
    body: toBody([model, [fileHead, `a\r--aaa\r\n${modelHead}\r\n\r\ndear`]]),
  },
  { how: 'a delimiter as a value', type, body: toBody([model, [fileHead, `--aaa\r\n${modelHead}\r\n\r\ndear`]]) },
]

/** Forms with a field whose decoded value depends on the parser. */
export const oddValues: readonly FormVariant[] = [
  {
    ...odd('a field that is not ASCII in a Latin-1 form', [[modelHead, 'é']]),
    type: `multipart/form-data; charset=ISO-8859-1; boundary=${boundary}`,
  },
  odd('a field that is not ASCII in Latin-1', [[`${modelHead}\r\nContent-Type: text/plain; charset=iso-8859-1`, 'é']]),
  odd('a field that begins with a byte order mark', [[modelHead, '\ufeffwhisper-1']]),
]
