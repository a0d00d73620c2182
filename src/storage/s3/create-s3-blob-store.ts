import { AwsV4Signer } from 'aws4fetch'
import type { S3Settings } from '../../config/settings.ts'
import { type ByteStream, gather } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'
import { toHex } from '../../core/to-hex.ts'
import { type BlobStore, checkBlobKey, isBlobKey, type StoredBlob } from '../blob-store.ts'
import { storeUnavailable } from '../store-unavailable.ts'

/** HTTP transport to the S3 server. The transport for providers implements it too. */
export interface S3Transport {
  send(request: {
    readonly method: string
    readonly origin: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: Uint8Array | undefined
    readonly signal: AbortSignal
    readonly connectTimeoutMs: number
  }): Promise<S3Response>
}

interface S3Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ByteStream
}

export interface S3Ports {
  readonly transport: S3Transport
  readonly clock: Clock
}

const connectTimeoutMs = 5_000

/** Timeout of the response: of its headers for a blob that is read, otherwise of the whole response. */
const responseTimeoutMs = 30_000

/** Maximum length of the server's error message in the log. */
const reasonCharacters = 1_000

/**
 * Creates a {@link BlobStore} on a bucket of an S3-compatible server (AWS, R2, MinIO, Garage …) with path-style URLs. A
 * PUT is atomic, and S3 is strongly consistent.
 */
export function createS3BlobStore(settings: S3Settings, ports: S3Ports): BlobStore {
  return {
    async put(key, bytes, contentType) {
      checkBlobKey(key)
      const response = await exchange(settings, ports, { method: 'PUT', key, upload: { bytes, contentType } })
      if (response.status !== 200) throw refused('PUT', response)
    },
    async read(key) {
      if (!isBlobKey(key)) return undefined
      const response = await exchange(settings, ports, { method: 'GET', key })
      if (response.kind === 'blob') return response.blob
      if (response.status === 404) return undefined
      throw refused('GET', response)
    },
    async delete(key) {
      if (!isBlobKey(key)) return
      const response = await exchange(settings, ports, { method: 'DELETE', key })
      // S3 responds 204 even if the blob does not exist; some compatible servers respond 404.
      if (![200, 204, 404].includes(response.status)) throw refused('DELETE', response)
    },
  }
}

interface S3Call {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly key: string
  readonly upload?: { readonly bytes: Uint8Array; readonly contentType: string }
}

type S3Result =
  | { readonly kind: 'blob'; readonly status: number; readonly blob: StoredBlob }
  | { readonly kind: 'notice'; readonly status: number; readonly text: string }

async function exchange(settings: S3Settings, { transport, clock }: S3Ports, call: S3Call): Promise<S3Result> {
  const timeout = new AbortController()
  const cancelTimeout = clock.after(responseTimeoutMs, () =>
    timeout.abort(new Error('The S3 server did not respond in time.')),
  )
  try {
    const { url, headers } = await sign(settings, call, clock.now())
    const response = await transport.send({
      method: call.method,
      origin: url.origin,
      path: url.pathname,
      headers,
      body: call.upload?.bytes,
      signal: timeout.signal,
      connectTimeoutMs,
    })
    return await readResult(call, response)
  } catch (error) {
    throw storeUnavailable(error)
  } finally {
    cancelTimeout()
  }
}

async function readResult({ method }: S3Call, { status, headers, body }: S3Response): Promise<S3Result> {
  const size = Number(headers['content-length'])
  if (method === 'GET' && status === 200 && Number.isSafeInteger(size)) {
    const contentType = headers['content-type'] ?? 'application/octet-stream'
    return { kind: 'blob', status, blob: { body, contentType, size } }
  }
  // Read to the end, because only then can the connection be reused.
  const notice = await gather(body)
  return { kind: 'notice', status, text: new TextDecoder().decode(notice).slice(0, reasonCharacters) }
}

async function sign({ endpoint, bucket, region, accessKeyId, secretAccessKey }: S3Settings, call: S3Call, now: number) {
  const { method, key, upload } = call
  const headers: Record<string, string> = { 'x-amz-content-sha256': await digest(upload?.bytes ?? new Uint8Array()) }
  if (upload !== undefined) {
    headers['content-type'] = upload.contentType
    headers['content-length'] = String(upload.bytes.length)
  }
  const signer = new AwsV4Signer({
    method,
    url: `${endpoint}/${bucket}/${key}`,
    headers,
    accessKeyId,
    secretAccessKey,
    region,
    service: 's3',
    datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ''),
  })
  const signed = await signer.sign()
  return { url: signed.url, headers: Object.fromEntries(signed.headers) }
}

/**
 * The request signature covers this digest, so the server rejects an upload that was altered or truncated in transit.
 */
async function digest(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return toHex(new Uint8Array(hash))
}

function refused(method: string, response: S3Result) {
  const reason = response.kind === 'notice' ? response.text : ''
  return storeUnavailable(new Error(`The S3 server responded to ${method} with ${response.status}. ${reason}`))
}
