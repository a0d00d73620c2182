import type { Settings } from '../../config/settings.ts'
import type { Clock } from '../../core/clock.ts'
import { isJsonObject } from '../../core/json.ts'
import { isLoopbackBind } from '../../core/loopback.ts'
import type { ProviderSettings } from '../../providers/provider-kind.ts'
import { kindOf } from '../../providers/provider-kinds.ts'
import { requestJson } from '../../providers/request-json.ts'
import type { Transport } from '../../providers/transport.ts'

/** A program that serves models on this machine, on the port that it uses by default. */
export interface LocalServer {
  readonly name: string
  readonly port: number
  /** Returns the setting that adds a provider for the server at an origin. */
  toSetting(origin: string): string
}

const toCustom = (origin: string) => `CUSTOM_BASE_URL=${origin}/v1`

/**
 * llama.cpp moves from 8080 to 9931: https://github.com/ggml-org/llama.cpp/pull/26508.
 * Sources, read on 2026-11-30: https://docs.ollama.com/api/introduction,
 * https://docs.vllm.ai/en/stable/serving/openai_compatible_server, https://lmstudio.ai/docs/developer/rest/quickstart,
 * https://github.com/ggml-org/llama.cpp/tree/master/tools/server
 */
export const usualServers: readonly LocalServer[] = [
  { name: 'Ollama', port: 11_434, toSetting: (origin) => `OLLAMA_HOST=${origin}` },
  { name: 'vLLM', port: 8_000, toSetting: (origin) => `VLLM_BASE_URL=${origin}/v1` },
  { name: 'LM Studio', port: 1_234, toSetting: toCustom },
  { name: 'llama.cpp', port: 9_931, toSetting: toCustom },
  { name: 'llama.cpp', port: 8_080, toSetting: toCustom },
]

const timeoutMs = 300
const maxBytes = 1_048_576

/**
 * Returns a line for each server on its usual port, if this server listens on loopback and no provider is configured
 * but the demo. Only offers: the operator decides what gets calls. Takes at most 300 ms, all servers at once.
 */
export async function offerLocalServers(
  { providers, server }: Pick<Settings, 'providers' | 'server'>,
  ports: { readonly transport: Transport; readonly clock: Pick<Clock, 'after'> },
  { ownPort, servers = usualServers }: { readonly ownPort: number; readonly servers?: readonly LocalServer[] },
): Promise<readonly string[]> {
  if (!isLoopbackBind(server.host) || providers.some(isConfigured)) return []
  const offers = servers
    .filter(({ port }) => port !== ownPort)
    .map(async ({ name, port, toSetting }) => {
      const origin = `http://127.0.0.1:${port}`
      const count = await countModels(origin, ports)
      const models = count === 1 ? '1 model' : `${count} models`
      return count === undefined
        ? []
        : [`  offer      ${name} seems to run at ${origin}, with ${models}. To use it, set ${toSetting(origin)}`]
    })
  return (await Promise.all(offers)).flat()
}

/** False for a kind without an upstream, and for a vendor that only callers with their own keys can use. */
function isConfigured(provider: ProviderSettings): boolean {
  const { baseUrl, needsKey } = kindOf(provider)
  const needsCallersKey = needsKey && provider.apiKey === undefined && provider.baseUrl === baseUrl?.default
  return baseUrl !== undefined && !needsCallersKey
}

/** Returns undefined if no server answers with OpenAI's list of models. */
async function countModels(origin: string, ports: Parameters<typeof requestJson>[1]): Promise<number | undefined> {
  try {
    const { status, body } = await requestJson({ url: new URL('/v1/models', origin), maxBytes, timeoutMs }, ports)
    return status === 200 && isJsonObject(body) && Array.isArray(body.data) ? body.data.length : undefined
  } catch {
    return undefined
  }
}
