import type { Answer } from '../core/answer.ts'
import { authenticate, type Caller } from './authenticate.ts'
import type { Call, CallRequest } from './call.ts'
import { callUpstream } from './call-upstream.ts'
import { holdHeaders } from './hold-headers.ts'
import { keepImages } from './keep-images.ts'
import { keepTurn } from './keep-turn.ts'
import { openTurn } from './open-turn.ts'
import { planAttempts } from './plan-attempts.ts'
import type { Ports } from './ports.ts'

/** The life of a call. Throws GatewayError for what Weir itself refuses; whatever the upstream says is an answer. */
export async function handleCall(call: Call, ports: Ports): Promise<Answer> {
  const caller = authenticate(call.credentials, ports)
  const request = await call.read()
  const answer =
    call.sessionId === undefined || !call.operation.takesMessages
      ? ask(call, request, ports)
      : askInSession(call, { request, caller, sessionId: call.sessionId }, ports)
  return request.isStream ? holdHeaders(answer, call, ports) : answer
}

async function ask(call: Call, request: CallRequest, ports: Ports): Promise<Answer> {
  const target = planAttempts({ model: request.model, ownKey: call.credentials.ownKey }, ports)
  const answer = await callUpstream(call, request, target, ports)
  return keepImages(answer, call, request, ports)
}

interface SessionQuestion {
  readonly request: CallRequest
  readonly caller: Caller
  readonly sessionId: string
}

async function askInSession(
  call: Call,
  { request, caller, sessionId }: SessionQuestion,
  ports: Ports,
): Promise<Answer> {
  const turn = await openTurn(request, sessionId, caller, ports)
  return keepTurn(await ask(call, turn.request, ports), turn, call, ports)
}
