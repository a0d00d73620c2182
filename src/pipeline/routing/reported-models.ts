import { AbortSwitch } from '../../core/abort-switch.ts'
import { gather } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, parseJsonObject } from '../../core/json.ts'
import { minuteMs } from '../../core/time.ts'
import type { ModelCard, Provider } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { Ports } from '../call/ports.ts'
import { secretsOf } from '../stream/hide-secrets.ts'

/** Models come and go by the day; a page that lists them twice asks once. */
const freshMs = 10 * minuteMs
/** A provider that is down is left alone for so long. */
const retryMs = 1 * minuteMs
/** A list waits no longer for a provider. The answer that comes later is for the next list. */
const waitMs = 2_000
/** A provider gets no longer at all. */
const totalMs = 10_000
/** OpenRouter's list, the longest known, has 500 models in half a mebibyte. */
const maxBytes = 4 * 1_024 * 1_024
const maxModels = 2_000

interface Report {
  readonly cards: readonly ModelCard[]
  /** Monotonic milliseconds: the provider is not asked before. */
  readonly until: number
}

/** The last report of each provider. In memory, since a new process may as well ask. */
const reports = new WeakMap<Provider, Report>()

/**
 * Asks providers for their own lists where the last one is old, and waits a moment for them. Never rejects: a provider that is down keeps what it
 * reported before. `defer` keeps the process alive for what comes later.
 */
export async function askForModels(ports: Ports, defer: (work: Promise<unknown>) => void): Promise<void> {
  const { registry, settings, clock } = ports
  // Under `models.strict` only what the operator lists can be called.
  if (settings.models.strict) return
  const now = clock.monotonicMs()
  const asked = registry.providers.filter((provider) => {
    if (provider.reportsModels !== true || provider.unavailableReason !== undefined) return false
    return (reports.get(provider)?.until ?? now) <= now
  })
  if (asked.length === 0) return
  // Before the first answer, since in workerd one request must not wait for another's.
  for (const provider of asked)
    reports.set(provider, { cards: reports.get(provider)?.cards ?? [], until: now + retryMs })
  const asking = Promise.all(asked.map((provider) => ask(provider, ports)))
  defer(asking)
  await new Promise<void>((resolve) => {
    const stopWaiting = clock.after(waitMs, resolve)
    void asking.then(() => {
      stopWaiting()
      resolve()
    })
  })
}

/** What providers reported last, each under the name by which it can be called: that of the default provider alone goes without a prefix. */
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

/** The description of a target's model that its provider gave when it was last asked. */
export function findReportedCard({ provider, model }: Target): ModelCard | undefined {
  return reports.get(provider)?.cards.find(({ id }) => id === model)
}

async function ask(provider: Provider, { transport, clock, settings }: Ports): Promise<void> {
  const signal = new AbortSwitch()
  const stop = clock.after(totalMs, () => signal.abort(new Error('The list of models took too long.')))
  try {
    const headers = { accept: 'application/json', 'user-agent': 'weir', 'accept-encoding': 'identity' }
    const request = { method: 'GET', path: '/models', query: '', headers, body: { kind: 'none' as const } }
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
    // A provider that is down changes nothing; its calls tell of it.
  } finally {
    stop()
  }
}

/** Undefined for what is no list of models. */
function readCards(text: string, owner: string): readonly ModelCard[] | undefined {
  const data: unknown = parseJsonObject(text)?.data
  if (!Array.isArray(data)) return undefined
  return data.slice(0, maxModels).flatMap((item: unknown): readonly ModelCard[] => {
    if (!isJsonObject(item) || typeof item.id !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(item.id)) return []
    const { id, created, owned_by: ownedBy, context_length: context, shutdown_date: shutdown } = item
    const facts = {
      ...(isCount(context) && { contextTokens: context }),
      ...(typeof shutdown === 'string' && /^20\d\d-\d\d-\d\d$/.test(shutdown) && { shutdownDate: shutdown }),
    }
    return [
      {
        id,
        created: isCount(created) ? created : 0,
        ownedBy: typeof ownedBy === 'string' ? ownedBy.slice(0, 200) : owner,
        facts,
      },
    ]
  })
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
