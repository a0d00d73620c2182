import type { Answer } from '../core/answer.ts'
import { authenticate } from './authenticate.ts'
import type { Call } from './call.ts'
import { callUpstream } from './call-upstream.ts'
import { holdHeaders } from './hold-headers.ts'
import { planAttempts } from './plan-attempts.ts'
import type { Ports } from './ports.ts'

/** The life of a call. Throws GatewayError for what Weir itself refuses; whatever the upstream says is an answer. */
export async function handleCall(call: Call, ports: Ports): Promise<Answer> {
  authenticate(call.credentials, ports)
  const request = await call.read()
  const target = planAttempts({ model: request.model, ownKey: call.credentials.ownKey }, ports)
  const answer = callUpstream(call, request, target, ports)
  return request.isStream ? holdHeaders(answer, call, ports) : answer
}
