import { toTable } from '../report/to-table.ts'
import { behaviours } from './plan-phases.ts'
import type { ChaosResult } from './run-chaos.ts'
import type { SessionsResult } from './run-sessions.ts'

export interface ChaosReport {
  /** The command line. */
  readonly command: string
  readonly date: string
  readonly seed: number
  readonly chaos: ChaosResult
  readonly sessions: readonly SessionsResult[]
}

const meanings: Readonly<Record<(typeof behaviours)[number], string>> = {
  well: 'answers at once',
  slow: 'answers after 100 ms',
  refused: 'refuses the connection',
  limited: 'answers 429 with `Retry-After: 2`',
  overloaded: 'answers 503',
  cut: 'cuts the answer off before its first event, or in the middle of a whole one',
  hung: 'accepts the request and does not answer (`first_byte_ms: 2000`)',
}

/** Renders the report in Markdown. */
export function renderChaos({ command, date, seed, chaos, sessions }: ChaosReport): string {
  const ofKind = (kind: string) => chaos.faults.filter((fault) => fault.startsWith(`${kind}:`)).length
  const rows: (readonly [string, number])[] = [
    ['calls', chaos.calls],
    ['… streamed', chaos.streams],
    ['… answered after a failed attempt', chaos.rescued],
    ['… while no target was healthy, which all must fail', chaos.darkCalls],
    ['attempts in the ledger', chaos.attempts],
    ...behaviours.map(
      (behaviour) => [`… at a target that ${meanings[behaviour]}`, chaos.attemptsAt[behaviour] ?? 0] as const,
    ),
    ['requests that the targets accepted', chaos.accepted],
    ['tokens that the targets billed', chaos.billedTokens],
    ['tokens in the ledger', chaos.bookedTokens],
    ['**failed while a target was healthy**', ofKind('failed')],
    ['**answered while no target was healthy**', ofKind('invented')],
    ['**calls or accepted requests without a record**', ofKind('lost')],
    ['**records without an accepted request, but of a refused connection**', ofKind('accepted')],
    ['**two records of one attempt, or a gap in the numbers**', ofKind('double') + ofKind('attempt')],
    ['**usage, cost or outcome other than the target’s or the caller’s**', ofKind('different')],
    ['**still open, or balances that differ from their records**', ofKind('open') + ofKind('sum') + ofKind('reserved')],
  ]
  const faults = chaos.faults.slice(0, 20)
  return `# Routes under failures, and their prompt caches

\`${command}\` · ${date} · Node ${process.versions.node} · seed ${seed}

## Three targets that fail

Two servers on one database serve routes of each strategy over three targets, with \`timeout: [next]\` and \`unknown_outcome: [next]\`. The run has ${chaos.phases.length} phases; in each, every target
behaves in one way, chosen at random. Then the answers of the callers, the books of the targets and the ledger are compared, call by call. A target bills its whole answers only.

${toTable(
  ['', 'number'],
  rows.map(([title, value]) => [title, value.toLocaleString('en')]),
)}
${faults.length === 0 ? 'The rows in bold must be 0.' : `The first violations:\n\n${faults.map((fault) => `- ${fault}\n`).join('')}`}

## Conversations and prompt caches

${describe(sessions)}

${toTable(
  [
    '',
    ...sessions.map(({ strategy, lifetimeTurns }) =>
      lifetimeTurns === Number.POSITIVE_INFINITY ? `\`${strategy}\`` : `\`${strategy}\`, forgets`,
    ),
  ],
  [
    ['calls', ...sessions.map(({ calls }) => calls.toLocaleString('en'))],
    ['input tokens', ...sessions.map(({ inputTokens }) => inputTokens.toLocaleString('en'))],
    ['… cached', ...sessions.map(({ cachedTokens }) => cachedTokens.toLocaleString('en'))],
    [
      '**share of cached input**',
      ...sessions.map(({ cachedTokens, inputTokens }) => toPercent(cachedTokens / inputTokens)),
    ],
    ['cost in the ledger', ...sessions.map(({ bookedNano }) => toDollars(bookedNano))],
    ['cost in the books of the accounts', ...sessions.map(({ billedNano }) => toDollars(billedNano))],
    ['cost without caches', ...sessions.map(({ uncachedNano }) => toDollars(uncachedNano))],
    [
      '**saved by the caches**',
      ...sessions.map(({ bookedNano, uncachedNano }) => toPercent(1 - bookedNano / uncachedNano)),
    ],
  ],
)}`
}

function describe([first]: readonly SessionsResult[]): string {
  if (first === undefined) return ''
  const { sessions, turns, accounts } = first
  return `${sessions} conversations of ${turns} turns, one turn of each in turn, by two servers over ${accounts} simulated accounts, each with its own prompt cache: the longest beginning of messages that it has seen, from 1,024
tokens on, costs a tenth. Two runs with caches that forget nothing, and two with caches that forget what was not read for 2 turns. A conversation has a system prompt of 1,500 tokens, the same in all, and each turn adds 100 to 900. USD per million: input 2.5, cached 0.25, output 10.`
}

function toPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function toDollars(nano: number): string {
  return `$${(nano / 1e9).toFixed(4)}`
}
