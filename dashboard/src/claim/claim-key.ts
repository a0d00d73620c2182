import { callForJson } from '../gateway/call-gateway.ts'
import { readString } from '../gateway/json.ts'
import { RequestFailure } from '../gateway/request-failure.ts'

/** The secret of a key, shown once. */
export interface ClaimedKey {
  readonly name: string
  readonly secret: string
}

/** Claims a one-time link by its token. Throws RequestFailure. */
export async function claimKey(token: string): Promise<ClaimedKey> {
  const gateway = { baseUrl: new URL('./v1', location.href).href, token: undefined }
  const claimed = await callForJson(gateway, '/claim', { body: { token }, signal: new AbortController().signal })
  const [name, secret] = [readString(claimed, 'name'), readString(claimed, 'secret')]
  if (name === undefined || secret === undefined) throw new RequestFailure('unreadable')
  return { name, secret }
}
