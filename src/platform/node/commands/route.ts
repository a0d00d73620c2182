import type { Command } from 'commander'
import { inputKinds } from '../../../config/route-settings.ts'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { operations } from '../../../dialects/operations.ts'
import { fetchObject } from './client.ts'
import { checkKeyReference, findKeyId } from './key-names.ts'
import { formatValue } from './key-text.ts'
import { addClientOptions, type ClientOptions, repeatableOption, valueOption, withClient } from './options.ts'
import { print, printJson, printMessage, renderTable } from './print.ts'

interface ExplainOptions extends ClientOptions {
  readonly session?: string
  readonly key?: string
  readonly tag?: readonly string[]
  readonly input?: readonly string[]
  readonly inputTokens?: string
  readonly stream?: boolean
  readonly operation?: string
  readonly at?: string
}

/** Defines `weir route`, which explains decisions of routes. */
export function defineRoute(command: Command, env: NodeJS.ProcessEnv): void {
  command.description('Explains how calls are routed.')
  const explain = command
    .command('explain')
    .description('Shows the targets of a model name in the order of attempts, and why. Sends nothing.')
    .argument('<model>', 'the name that a call would send: a route, an alias or a model')
    .addOption(valueOption('--session <id>', 'the conversation (default: none)'))
    .addOption(valueOption('--key <key>', 'as a call of the key with this id or name'))
    .addOption(repeatableOption('--tag <string>', 'a label of the call as name:value, repeatable'))
    .addOption(repeatableOption('--input <kind>', `${inputKinds.join(', ')}; repeatable (default: only text)`))
    .addOption(valueOption('--input-tokens <n>', 'number of input tokens (default: 0)'))
    .option('--stream', 'as a call for a stream (default: for a whole answer)')
    .addOption(
      valueOption('--operation <name>', 'operation of the call (default: chat.completions)', {
        choices: Object.values(operations).map(({ name }) => name),
      }),
    )
    .addOption(valueOption('--at <time>', 'a day, or a date and time with a time zone (default: now)'))
    .addHelpText('after', '\nExample:\n  weir route explain chat --session s1 --key ann --url https://ai.example.com')
    .action((model: string, options: ExplainOptions) => explainRoute(model, options, env))
  addClientOptions(explain)
}

async function explainRoute(model: string, options: ExplainOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { session, key, tag, input, inputTokens, stream, operation, at, json } = options
  if (key !== undefined) checkKeyReference(key, '--key')
  await withClient(options, env, async (client) => {
    const query = {
      model,
      session,
      key_id: key === undefined ? undefined : await findKeyId(client, key),
      tags: tag?.join(','),
      inputs: input?.join(','),
      input_tokens: inputTokens,
      stream: stream === true ? 'true' : undefined,
      operation,
      at,
    }
    const explanation = await fetchObject(client, { method: 'GET', path: '/route', query })
    // Only the processes of the server measure the health of its targets.
    if ((options.url ?? env.WEIR_URL ?? '') === '')
      printMessage('Without --url this command knows no health, times and usual tokens of a running server.')
    if (json) return printJson(explanation)
    if (typeof explanation.route === 'string') printMessage(renderRoute(explanation))
    if (explanation.is_random === true) printMessage('A random number decided: another call may have another order.')
    await print(renderTargets(toList(explanation.targets)))
    const failures = toList(explanation.after_failure)
    if (failures.length > 0) await print(`\n${renderFailures(failures)}`)
  })
}

function renderRoute({
  route,
  strategy,
  max_attempts: maxAttempts,
  retries,
  max_wait_ms: maxWaitMs,
}: JsonObject): string {
  const rounds =
    retries === 0
      ? ''
      : `, at most ${formatValue(retries)} further rounds, each after at most ${formatValue(maxWaitMs)} ms`
  return `Route ${formatValue(route)}: strategy ${formatValue(strategy)}, at most ${formatValue(maxAttempts)} attempts${rounds}.`
}

/** The columns of a target; those without a value are left out. */
const columns: Readonly<Record<string, (target: JsonObject) => string>> = {
  '#': ({ position }) => formatValue(position),
  target: ({ target }) => formatValue(target),
  left_out: ({ left_out: leftOut }) => formatValue(leftOut),
  route: ({ route }) => formatValue(route),
  weight: ({ weight }) => formatValue(weight),
  conditions: ({ conditions }) =>
    toList(conditions)
      .map(({ condition, holds }) => `${formatValue(condition)}: ${holds === true ? 'holds' : 'fails'}`)
      .join(', '),
  account: ({ account_breaker: breaker }) => toHealth(breaker),
  model: ({ model_breaker: breaker }) => toHealth(breaker),
  first_token_ms: ({ first_token_ms: ms }) => formatValue(ms),
  answer_ms: ({ answer_ms: ms }) => formatValue(ms),
  'tokens/s': ({ tokens_per_second: speed }) => formatValue(speed),
  calls: ({ calls_in_progress: calls }) => formatValue(calls),
  usd: ({ usual_cost_usd: usd }) => (typeof usd === 'number' ? usd.toFixed(6) : ''),
  key: ({ key_allows: isAllowed }) => (isAllowed === true ? 'allowed' : 'refused'),
  api: ({ api }) => formatValue(api),
}

function renderTargets(targets: readonly JsonObject[]): string {
  const cells = targets.map((target) => Object.values(columns).map((read) => read(target)))
  const shown = Object.keys(columns).flatMap((name, index) =>
    cells.some((row) => row[index] !== '') ? [{ name, index }] : [],
  )
  return renderTable(
    shown.map(({ name }) => name),
    cells.map((row) => shown.map(({ index }) => row[index] || '-')),
  )
}

function renderFailures(failures: readonly JsonObject[]): string {
  const rows = failures.map(({ kind, set_by: setBy, targets }) => {
    const next = Array.isArray(targets) ? targets.map(formatValue).join(', ') : ''
    return [formatValue(kind), next === '' ? 'returns the failure' : next, formatValue(setBy)]
  })
  return renderTable(['after', 'next', 'set_by'], rows)
}

function toHealth(breaker: unknown): string {
  if (!isJsonObject(breaker)) return ''
  const { state, open_until: until, failures } = breaker
  const parts = [formatValue(state)]
  if (typeof until === 'string') parts.push(`until ${until}`)
  if (typeof failures === 'number' && failures > 0) parts.push(`${failures} failed`)
  return parts.join(', ')
}

function toList(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}
