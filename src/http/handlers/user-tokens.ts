import { admitVisitor } from '../../admin/user-tokens/admit-visitor.ts'
import { mintClientToken } from '../../admin/user-tokens/mint-client-token.ts'
import { revokeOwnTokens } from '../../admin/user-tokens/revoke-tokens.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import { readCredentials } from '../read-credentials.ts'
import { readObject } from '../read-object.ts'
import type { CallerRequest, RouteRequest } from '../route.ts'

/** `POST /v1/client_tokens`: mints a token for one end user of the caller's key. */
export async function createClientToken(request: CallerRequest): Promise<GatewayResponse> {
  return toJsonResponse(201, await mintClientToken(await readObject(request), request.caller, request.ports))
}

/** `POST /v1/client_tokens/revoke`: revokes tokens of the caller's key. */
export async function revokeClientTokens(request: CallerRequest): Promise<GatewayResponse> {
  return toJsonResponse(200, await revokeOwnTokens(await readObject(request), request.caller, request.ports))
}

/** `POST /v1/visitors`: admits an anonymous visitor of a public page, or renews its token. */
export async function createVisitor(request: RouteRequest): Promise<GatewayResponse> {
  const { incoming, ports } = request
  const credentials = readCredentials(incoming, ports.settings)
  return toJsonResponse(201, await admitVisitor(await readObject(request), credentials, ports))
}
