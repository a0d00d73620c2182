import type { Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { parseJsonBody } from '../../openai/parse-json-body.ts'
import { readBody } from '../../pipeline/call/read-request.ts'
import type { Inbound } from '../inbound.ts'
import { toUnreadBody } from '../read-call.ts'

/** Query, variables and so on, from the body or from the URL. */
export async function readGraphqlParams(inbound: Inbound, query: string, settings: Settings): Promise<JsonObject> {
  return inbound.method === 'GET' ? readQuery(query, settings) : await readPost(inbound, settings)
}

/** S29: what a form can send is refused, since a browser sends forms to any site without asking it. */
async function readPost(inbound: Inbound, { limits }: Settings): Promise<JsonObject> {
  if (!/^application\/(graphql\+)?json *(;|$)/i.test(inbound.header('content-type') ?? '')) {
    throw new GatewayError('unsupported_media_type', 'Send the body with `content-type: application/json`.')
  }
  return parseJsonBody(await readBody(toUnreadBody(inbound), limits.bodyBytes), limits.jsonDepth).object
}

function readQuery(query: string, { limits }: Settings): JsonObject {
  const params = new URLSearchParams(query)
  const readObject = (name: string) => {
    const text = params.get(name)
    return text === null ? undefined : parseJsonBody(new TextEncoder().encode(text), limits.jsonDepth).object
  }
  return {
    query: params.get('query') ?? undefined,
    operationName: params.get('operationName') ?? undefined,
    variables: readObject('variables'),
    extensions: readObject('extensions'),
  }
}
