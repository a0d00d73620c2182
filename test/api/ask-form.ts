import { bearer, type Gateway } from '../support/gateway.ts'
import { openRawClient, type RawResponse } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'

export const formType = 'multipart/form-data; boundary=form-of-a-test'

export interface FormRequest {
  readonly target: string
  /** The secret of a key, in place of the gateway's token. */
  readonly secret?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a form of `toForm` on a new connection. */
export async function askForm(
  gateway: Gateway,
  body: Buffer,
  { target, secret, headers }: FormRequest,
): Promise<RawResponse> {
  const client = await openRawClient(gateway.url)
  const own = { 'content-type': formType, 'content-length': String(body.length) }
  const credentials = secret === undefined ? bearer : { authorization: `Bearer ${secret}` }
  await client.send(toRequestBytes({ method: 'POST', target, headers: { ...credentials, ...own, ...headers } }))
  // A server stops reading after it has refused a request.
  client.send(body).catch(() => undefined)
  const response = await client.readResponse()
  client.destroy()
  return response
}
