import { defaults } from '../../config/defaults.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { requestJson } from '../../providers/request-json.ts'

/** The ports of a request to an OpenID provider. The transport follows no redirect. */
export type IssuerPorts = Pick<Ports, 'transport' | 'clock'>

interface IssuerRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sends POST with this form. */
  readonly form?: URLSearchParams
}

interface IssuerResponse {
  readonly status: number
  /** Undefined if the body is no JSON object. */
  readonly body: JsonObject | undefined
}

const { issuerTimeoutMs, issuerDocumentBytes } = defaults.admin

/**
 * Sends a request to an OpenID provider. Rejects with GatewayError `issuer_unavailable` if no response arrives in time,
 * if it is too long, or if its status is 500 or above.
 */
export async function fetchJson({ url, headers, form }: IssuerRequest, ports: IssuerPorts): Promise<IssuerResponse> {
  try {
    const request = { url: new URL(url), ...(headers !== undefined && { headers }), form }
    const bounds = { maxBytes: issuerDocumentBytes, timeoutMs: issuerTimeoutMs }
    const { status, body } = await requestJson({ ...request, ...bounds }, ports)
    if (status >= 500) throw new Error(`status ${status}`)
    return { status, body: isJsonObject(body) ? body : undefined }
  } catch (cause) {
    throw issuerUnavailable(cause)
  }
}

/** Creates the error for a provider that cannot be used now. */
export function issuerUnavailable(cause: unknown): GatewayError {
  return new GatewayError('issuer_unavailable', 'The OpenID provider cannot be used now. Try again in a moment.', {
    cause,
  })
}
