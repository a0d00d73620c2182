import type { Answer } from '../core/answer.ts'
import { admit } from './admit.ts'
import { authenticate, type Caller } from './authenticate.ts'
import { authorizeModel, authorizeOperation } from './authorize.ts'
import type { Call, CallRequest } from './call.ts'
import { callUpstream } from './call-upstream.ts'
import { holdHeaders } from './hold-headers.ts'
import { keepImages } from './keep-images.ts'
import { keepTurn } from './keep-turn.ts'
import { openTurn } from './open-turn.ts'
import { planAttempts } from './plan-attempts.ts'
import type { Ports } from './ports.ts'
import { runIdempotent } from './run-idempotent.ts'
import { toCallCharge } from './to-charge.ts'

/** A call's body, and who sent it. */
interface Question {
  readonly caller: Caller
  readonly request: CallRequest
}

/** The life of a call. Throws GatewayError for what Weir itself refuses; whatever the upstream says is an answer. */
export async function handleCall(call: Call, ports: Ports): Promise<Answer> {
  const caller = await authenticate(call.credentials, ports)
  authorizeOperation(caller.key, call.operation.name)
  const question = { caller, request: await call.read(caller.key !== undefined) }
  const make = (made: Call) => answerTo(made, question, ports)
  const answer = call.idempotencyKey === undefined ? make(call) : runIdempotent(call, question, make, ports)
  // Awaited, as on the whole way of a call: a promise that an async function returns as it is costs two more turns of the queue.
  return await (question.request.isStream ? holdHeaders(answer, call, ports) : answer)
}

function answerTo(call: Call, question: Question, ports: Ports): Promise<Answer> {
  return call.sessionId === undefined || !call.operation.takesMessages
    ? ask(call, question, ports)
    : askInSession(call, question, call.sessionId, ports)
}

async function ask(call: Call, question: Question, ports: Ports): Promise<Answer> {
  const { caller, request } = question
  const target = planAttempts({ model: request.model, ownKey: call.credentials.ownKey }, ports)
  authorizeModel(caller.key, request.model, target)
  const { trace, defer, credentials } = call
  const charge = toCallCharge(call, request, target, ports.secrets)
  const admission = await admit(charge, { trace, defer, credentials, caller }, ports)
  const hidesRates = admission !== undefined && caller.key !== undefined
  const admitted = { provider: target.provider, model: target.model, admission, hidesRates }
  const answer = await callUpstream(call, request, admitted, ports)
  return call.operation.images ? keepImages(answer, call, question, ports) : answer
}

async function askInSession(
  call: Call,
  { caller, request }: Question,
  sessionId: string,
  ports: Ports,
): Promise<Answer> {
  const turn = await openTurn(request, sessionId, caller, ports)
  return keepTurn(await ask(call, { caller, request: turn.request }, ports), turn, call, ports)
}
