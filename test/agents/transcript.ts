import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pair } from './pairs.ts'
import type { SeenRequest } from './record-traffic.ts'
import { type Desk, type Ended, withoutVolatile } from './run-agent.ts'
import type { UsageRecord } from './start-weir.ts'

/** A request of an agent, and its usage record if Weir sent it on. */
export interface ObservedCall {
  readonly request: SeenRequest
  readonly record: UsageRecord | undefined
  /** True for a turn of the conversation, false for a call beside it. */
  readonly isTurn: boolean
}

/** What one scenario did, for people to read. */
export interface Scenario {
  addRun(desk: Desk, args: readonly string[], ended: Ended, how?: 'interrupted'): void
  addCalls(calls: readonly ObservedCall[]): void
}

/** What one pair did. It has no time, port, folder or id, so two runs write the same file. */
export interface Transcript {
  add(title: string): Scenario
  write(folder: string): void
}

export function createTranscript({ name, agent, model }: Pair, version: string): Transcript {
  const scenarios: { readonly title: string; readonly runs: string[]; calls: readonly ObservedCall[] }[] = []
  return {
    add(title) {
      const scenario = { title, runs: [] as string[], calls: [] as readonly ObservedCall[] }
      scenarios.push(scenario)
      return {
        addRun: (desk, args, ended, how) =>
          void scenario.runs.push(withoutVolatile(renderRun(agent.program, args, ended, how), desk)),
        addCalls: (calls) => {
          scenario.calls = calls
        },
      }
    },
    write(folder) {
      const sections = scenarios.map(
        ({ title, runs, calls }) =>
          `## ${title}\n\n\`\`\`console\n${runs.join('\n')}\n\`\`\`\n\n${renderCalls(calls)}\n`,
      )
      const head = `# ${name}\n\n<!-- Written by \`npm run agents -- --transcripts docs/agents\`. -->\n\n\`${agent.package}\` ${version}, run against the built server. Only the provider, \`${model.model}\`, is played.\n`
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `${agent.id}-${model.dialect}.md`), [head, ...sections].join('\n'))
    },
  }
}

function renderRun(
  program: string,
  args: readonly string[],
  { code, signal, stdout }: Ended,
  how?: 'interrupted',
): string {
  const command = `$ ${[program, ...args].map(quote).join(' ')}`
  // The text until the interruption depends on the moment.
  const output = how === 'interrupted' ? '^C' : shorten(stdout.trim())
  return `${command}\n${output}\n[${signal === null ? `exit code ${code}` : `ended by ${signal}`}]`
}

function quote(word: string): string {
  return /^[\w./=-]+$/.test(word) ? word : `'${word}'`
}

function shorten(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 60)} … ${text.slice(-60)}`
}

const columns = [
  'request',
  'status',
  'outcome',
  'model',
  'input tokens',
  'of them cached',
  'output tokens',
  'USD',
  'tags',
]

function renderCalls(calls: readonly ObservedCall[]): string {
  // Calls beside the turns arrive in no certain order.
  const beside = calls.filter(({ isTurn }) => !isTurn).map(renderCall)
  const turns = calls.filter(({ isTurn }) => isTurn).map(renderCall)
  const table = [columns, columns.map(() => '---'), ...beside.sort(), ...turns]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
  const dropped = new Set(calls.flatMap(({ request }) => request.dropped?.split(/,\s*/) ?? []))
  return dropped.size === 0 ? table : `${table}\n\nLeft out by the translation: \`${[...dropped].sort().join('`, `')}\``
}

function renderCall({ request, record }: ObservedCall): readonly string[] {
  const call = [`\`${request.method} ${request.target}\``, String(request.status)]
  if (record === undefined) return [...call, ...Array(columns.length - call.length).fill('')]
  // An estimate depends on the length of the prompt, which names folders of this machine.
  const counts =
    record.cost_source === 'estimated'
      ? ['estimated', '', 'estimated', 'estimated']
      : [record.input_tokens, record.cached_input_tokens, record.output_tokens, record.cost_usd]
  const tags = record.tags.map((tag) => `${tag.split(':')[0]}:…`).join(', ')
  return [...call, record.outcome, record.model, ...counts.map((count) => String(count ?? '')), tags]
}
