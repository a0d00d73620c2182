import { GatewayError } from '../core/errors.ts'
import type { GatewayResponse } from '../core/gateway-response.ts'
import { chatCompletions } from '../dialects/chat-completions.ts'
import { opaqueEvents } from '../dialects/openai-format.ts'
import { operations, passthroughOperation } from '../dialects/operations.ts'
import { relayedResponseHeaders } from '../dialects/response-headers.ts'
import { createStreamReader } from '../dialects/stream-reader.ts'
import type { OutboundBody, Provider } from '../providers/provider.ts'
import type { TransportResponse } from '../providers/transport.ts'
import { authenticate } from './access/authenticate.ts'
import { authorizeOperation } from './access/authorize.ts'
import { passedCredential } from './access/passed-credential.ts'
import { Attempt } from './call/attempt.ts'
import type { Call, Caller } from './call/call.ts'
import { callerSecretsOf, isCallersAccount } from './call/caller-account.ts'
import type { Ports } from './call/ports.ts'
import { estimatePassthrough } from './metering/estimate.ts'
import { reserve } from './metering/reserve.ts'
import { findKeptResponse } from './responses/kept-responses.ts'
import { secretsOf } from './stream/hide-secrets.ts'
import type { EventOptions } from './stream/relay.ts'
import { declaredContent } from './upstream/inspect-response.ts'
import { runAttempt } from './upstream/run-attempt.ts'
import { readFailure } from './upstream/try-target.ts'
import { toGatewayResponse } from './upstream/upstream-response.ts'

/** A request that Weir relays without parsing it. */
export interface PassthroughRequest
  extends Pick<
    Call,
    'query' | 'headers' | 'credentials' | 'signal' | 'trace' | 'arrivedAt' | 'releaseWhenSent' | 'defer'
  > {
  readonly method: string
  readonly path: string
  /** Called once, after the caller is authenticated. */
  body(): OutboundBody
}

/** Relays method, path, query and body unchanged to the configured provider. Rejects with GatewayError. */
export async function passThrough(
  request: PassthroughRequest,
  provider: Provider,
  ports: Ports,
): Promise<GatewayResponse> {
  const caller = await authenticate(request.credentials, ports)
  authorizeOperation(caller.key, passthroughOperation)
  const { method } = request
  return await relayUnparsed(
    request,
    provider,
    method === 'GET' || method === 'HEAD' || method === 'DELETE',
    caller,
    ports,
  )
}

/**
 * Relays a request about a response to the provider that keeps it. It is free: the response was charged when it was
 * created. Rejects with GatewayError, also `response_not_found`.
 */
export async function passToResponse(
  request: PassthroughRequest,
  responseId: string,
  ports: Ports,
): Promise<GatewayResponse> {
  const { credentials } = request
  const caller = await authenticate(credentials, ports)
  authorizeOperation(caller.key, operations.responses.name)
  const provider = await findKeptResponse(responseId, caller, credentials, ports)
  return await relayUnparsed(request, provider, true, caller, ports)
}

async function relayUnparsed(
  request: PassthroughRequest,
  provider: Provider,
  isFree: boolean,
  caller: Caller,
  ports: Ports,
): Promise<GatewayResponse> {
  const { credentials, method, path, query, headers } = request
  const { settings, regionAdvice } = ports
  const { ownKey } = credentials
  checkKey(ownKey, provider)
  const credential = passedCredential(provider, credentials, ports)
  const callerSecrets = callerSecretsOf(ownKey, credential)
  const target = { provider, model: undefined }
  const estimate = estimatePassthrough(target, isFree || isCallersAccount(credentials, provider), caller, ports)
  const reservation = await reserve(estimate, 1, request, caller, ports)
  const attempt = new Attempt(target, estimate, reservation, request.arrivedAt, request, ports)
  const refused = { body: undefined, callerSecrets, secrets: secretsOf(settings), regionAdvice }
  const result = await runAttempt(
    attempt,
    {
      stages: [],
      isDrained: false,
      responseHeaders: relayedResponseHeaders,
      callerSecrets,
      mayBeUnchanged: true,
      send: (context) =>
        provider.passThrough({ method, path, query, headers, body: request.body(), ownKey, credential }, context),
      read(response, type) {
        const { status, body } = response
        const length = readLength(response)
        if (status === 204 || status === 304 || (method === 'HEAD' && status < 400)) {
          const headers = length === undefined || status === 204 ? {} : { 'content-length': length }
          return { kind: 'whole', body, toResponse: () => ({ status, headers, body: '' }) }
        }
        if (status >= 400) return readFailure(response, type, attempt, chatCompletions, refused)
        // Only the declared type counts, because Weir does not parse this body.
        const isEvents = declaredContent(type) === 'events'
        return isEvents
          ? { kind: 'stream', body, events: passingEvents(settings) }
          : { kind: 'stream', body, events: undefined, length }
      },
    },
    request,
    ports,
  )
  if (result.kind === 'failed') throw result.error
  return toGatewayResponse(result.response, reservation, provider, caller, ports)
}

/** Returns the length of a body relayed byte for byte; undefined for a compressed one, which is decompressed (R33). */
function readLength({ headers }: TransportResponse): string | undefined {
  return headers['content-encoding'] === undefined ? headers['content-length'] : undefined
}

function passingEvents({ limits }: Ports['settings']): EventOptions {
  const reader = createStreamReader(opaqueEvents, false)
  const { mayOffload } = opaqueEvents
  return { reader, format: opaqueEvents, clientFormat: opaqueEvents, maxEventBytes: limits.eventBytes, mayOffload }
}

/** Keeps a caller's own key from being sent beside the stored one, or to a provider that it is not for (S12). */
function checkKey(ownKey: string | undefined, { id, acceptsOwnKey, unavailableReason }: Provider): void {
  if (ownKey !== undefined && !acceptsOwnKey)
    throw new GatewayError(
      'header_not_allowed',
      `The provider \`${id}\` of this endpoint does not take \`x-openai-key\`.`,
    )
  if (ownKey === undefined && unavailableReason !== undefined)
    throw new GatewayError('no_provider_configured', unavailableReason)
}
