import { AbortSwitch } from '../../core/abort-switch.ts'
import { gather } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, parseJsonObject } from '../../core/json.ts'
import { minuteMs } from '../../core/time.ts'
import type { ModelCard, Provider } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { Ports } from '../call/ports.ts'
import { secretsOf } from '../stream/hide-secrets.ts'

/** How long a report is fresh: models change by the day, and a page that lists them twice sends one request. */
const freshMs = 10 * minuteMs
/** Pause before a provider that is down is asked again. */
const retryMs = 1 * minuteMs
/** Maximum time that a list waits for a provider. A later response serves the next list. */
const waitMs = 2_000
/** Timeout of a request to a provider. */
const totalMs = 10_000
/** OpenRouter's list, the longest known, has 500 models in half a mebibyte. */
const maxBytes = 4 * 1_024 * 1_024
const maxModels = 2_000

interface Report {
  readonly cards: readonly ModelCard[]
  /** Monotonic milliseconds before which the provider is not asked again. */
  readonly until: number
}

/** The last report of each provider. In memory only, because a new process can request it again. */
const reports = new WeakMap<Provider, Report>()

/**
 * Requests the model lists of providers whose last report is old, and waits briefly for them. Never rejects: a provider
 * that is down keeps its previous report. `defer` keeps the process alive for late responses.
 */
export async function refreshModels(ports: Ports, defer: (work: Promise<unknown>) => void): Promise<void> {
  const { registry, settings, clock } = ports
  // Under `models.strict` only models that the operator lists can be called.
  if (settings.models.strict) return
  const now = clock.monotonicMs()
  const stale = registry.providers.filter((provider) => {
    if (provider.reportsModels !== true || provider.unavailableReason !== undefined) return false
    return (reports.get(provider)?.until ?? now) <= now
  })
  if (stale.length === 0) return
  // Set before the first response, because in workerd one request must not wait for another's.
  for (const provider of stale)
    reports.set(provider, { cards: reports.get(provider)?.cards ?? [], until: now + retryMs })
  const requests = Promise.all(stale.map((provider) => requestModels(provider, ports)))
  defer(requests)
  await new Promise<void>((resolve) => {
    const stopWaiting = clock.after(waitMs, resolve)
    void requests.then(() => {
      stopWaiting()
      resolve()
    })
  })
}

/** Returns the last reported models by callable name: only those of the default provider have no prefix. */
export function reportedCards({
  registry,
  settings,
}: Ports): readonly { readonly card: ModelCard; readonly target: Target }[] {
  if (settings.models.strict) return []
  return registry.providers.flatMap((provider) =>
    (reports.get(provider)?.cards ?? [])
      .filter(({ id }) => registry.findModel(id)?.provider !== provider)
      .map((card) => {
        const isPlain = provider === registry.defaultProvider && registry.findModel(card.id) === undefined
        const id = isPlain ? card.id : `${provider.id}/${card.id}`
        return { card: { ...card, id }, target: { provider, model: card.id } }
      }),
  )
}

/** Returns the description of a target's model from its provider's last report. */
export function findReportedCard({ provider, model }: Target): ModelCard | undefined {
  return reports.get(provider)?.cards.find(({ id }) => id === model)
}

async function requestModels(provider: Provider, { transport, clock, settings }: Ports): Promise<void> {
  const signal = new AbortSwitch()
  const stop = clock.after(totalMs, () => signal.abort(new Error('The list of models took too long.')))
  try {
    const headers = { accept: 'application/json', 'user-agent': 'weir', 'accept-encoding': 'identity' }
    const request = {
      method: 'GET',
      path: '/models',
      query: provider.modelsQuery ?? '',
      headers,
      body: { kind: 'none' as const },
    }
    const response = await provider.passThrough(request, { transport, clock, signal })
    if (response.status !== 200) {
      response.body.cancel()
      return
    }
    const tooLarge = () =>
      new GatewayError('upstream_answer_too_large', `The list of models is over ${maxBytes} bytes.`)
    const bytes = secretsOf(settings).hide(await gather(response.body, { bytes: maxBytes, tooLarge }))
    const cards = readCards(new TextDecoder().decode(bytes), provider.id)
    if (cards !== undefined) reports.set(provider, { cards, until: clock.monotonicMs() + freshMs })
  } catch {
    // A provider that is down changes nothing here; its calls report it.
  } finally {
    stop()
  }
}

/** Returns undefined for a body that is not a list of models. */
function readCards(json: string, owner: string): readonly ModelCard[] | undefined {
  const list = parseJsonObject(json)
  const data: unknown = list?.data ?? readGeminiList(list?.models)
  if (!Array.isArray(data)) return undefined
  return data.slice(0, maxModels).flatMap((item: unknown): readonly ModelCard[] => {
    if (!isJsonObject(item) || typeof item.id !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(item.id)) return []
    const { id, created, created_at: createdAt, owned_by: ownedBy, display_name: name } = item
    const { context_length: context = item.max_input_tokens, shutdown_date: shutdown } = item
    const facts = {
      ...(isCount(context) && { contextTokens: context }),
      ...(typeof shutdown === 'string' && /^20\d\d-\d\d-\d\d$/.test(shutdown) && { shutdownDate: shutdown }),
    }
    return [
      {
        id,
        created: isCount(created) ? created : readSeconds(createdAt),
        ownedBy: typeof ownedBy === 'string' ? ownedBy.slice(0, 200) : owner,
        facts,
        ...(typeof name === 'string' && { displayName: name.slice(0, 200) }),
      },
    ]
  })
}

/** Gemini's API names a model `models/…`. Source: https://ai.google.dev/api/models, read on 2026-11-30. */
function readGeminiList(models: unknown): unknown {
  if (!Array.isArray(models)) return undefined
  return models.filter(isJsonObject).map(({ name, displayName, inputTokenLimit }) => ({
    id: typeof name === 'string' ? name.replace(/^models\//, '') : undefined,
    display_name: displayName,
    max_input_tokens: inputTokenLimit,
  }))
}

/** Reads a time as Anthropic writes it. */
function readSeconds(time: unknown): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return ms > 0 ? Math.floor(ms / 1_000) : 0
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
