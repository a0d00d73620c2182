/** Writes one HTTP/1.1 request as bytes, unchanged, with the length of its body unless the headers frame it. */
export function toRequestBytes(request: {
  readonly method?: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent unchanged; any other value as JSON. */
  readonly body?: unknown
}): string {
  const body = toBodyText(request.body)
  const headers: Record<string, string> = { host: 'weir.test', ...request.headers }
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  if (body !== undefined && !names.has('content-type')) headers['content-type'] = 'application/json'
  if (body !== undefined && !names.has('content-length') && !names.has('transfer-encoding')) {
    headers['content-length'] = String(Buffer.byteLength(body))
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const method = request.method ?? (body === undefined ? 'GET' : 'POST')
  return `${method} ${request.target} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
}

function toBodyText(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
}
