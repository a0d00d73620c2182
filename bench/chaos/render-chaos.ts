import { toTable } from '../report/to-table.ts'
import { unfinishedKinds } from './compare-books.ts'
import { behaviours } from './plan-phases.ts'
import type { BreakersResult } from './run-breakers.ts'
import type { ChaosResult } from './run-chaos.ts'
import type { SessionsResult } from './run-sessions.ts'

export interface ChaosReport {
  /** The command line. */
  readonly command: string
  readonly date: string
  readonly seed: number
  readonly chaos: ChaosResult
  readonly breakers: readonly BreakersResult[]
  readonly sessions: readonly SessionsResult[]
}

const meanings: Readonly<Record<(typeof behaviours)[number], string>> = {
  well: 'answers at once',
  slow: 'answers after 100 ms',
  refused: 'refuses the connection',
  limited: 'answers 429 with `Retry-After: 1`',
  overloaded: 'answers 503',
  cut: 'breaks off before the first event of a stream, or in the middle of a whole answer',
  torn: 'breaks off in the middle of a stream, or of a whole answer',
  hung: 'accepts the request and does not answer (`first_byte_ms: 2000`)',
}

const unfinishedTitles: Readonly<Record<(typeof unfinishedKinds)[number], string>> = {
  cut: 'broke off before any of the answer had reached the caller',
  torn: 'broke off in the middle of a stream',
  hung: 'did not answer in time',
}

/** Renders the report in Markdown. */
export function renderChaos({ command, date, seed, chaos, breakers, sessions }: ChaosReport): string {
  const ofKind = (kind: string) => chaos.faults.filter((fault) => fault.startsWith(`${kind}:`)).length
  const rows: (readonly [string, number])[] = [
    ['calls', chaos.calls],
    ['… streamed', chaos.streams],
    ['… answered after a failed attempt', chaos.rescued],
    ['… while all targets failed to the end, which all must fail', chaos.darkCalls],
    ['… while all targets were limited or overloaded for 300 ms, or just after', chaos.briefCalls],
    ['… … answered in a further round', chaos.repeated],
    ['… … failed, because three rounds were too early or the budget was used up', chaos.briefFailed],
    ['further rounds', chaos.rounds],
    ['… allowed by the budgets: 10 for a route in each process, and a fifth of its calls', Math.floor(chaos.maxRounds)],
    ['… withheld by the budgets', chaos.withheld],
    ['attempts in the ledger', chaos.attempts],
    ...behaviours.map(
      (behaviour) => [`… at a target that ${meanings[behaviour]}`, chaos.attemptsAt[behaviour] ?? 0] as const,
    ),
    ['requests that the targets accepted', chaos.accepted],
    ['tokens that the targets billed for whole answers', chaos.billedTokens],
    ['tokens in the ledger for them', chaos.bookedTokens],
    ['**failed while a target was healthy, unless a part of the answer had reached the caller**', ofKind('failed')],
    ['**answered while all targets failed to the end**', ofKind('invented')],
    ['**routes with more further rounds than allowed**', ofKind('budget')],
    ['**calls or accepted requests without a record**', ofKind('lost')],
    ['**records without an accepted request, but of a refused connection**', ofKind('accepted')],
    ['**two records of one attempt, or a gap in the numbers**', ofKind('attempt')],
    ['**usage, cost, outcome or failure other than the target’s or the caller’s**', ofKind('different')],
    ['**still open, or balances that differ from their records**', ofKind('open') + ofKind('sum') + ofKind('reserved')],
  ]
  const count = (kind: string) => chaos.phases.filter((phase) => phase.kind === kind).length
  const faults = chaos.faults.slice(0, 20)
  return `# Routes under failures, and their prompt caches

\`${command}\` · ${date} · Node ${process.versions.node} · seed ${seed}

## Three targets that fail

Two servers of two workers each, on one database, serve routes of each strategy over three targets, with \`timeout: [next]\` and \`unknown_outcome: [next]\`. \`ordered\` and \`sticky\` also have \`retries: 2\` and \`max_wait_ms: 1500\`.
The run has ${chaos.phases.length} phases; in most, every target behaves in one way, chosen at random. In ${count('brief')} phases all are ill for 300 ms and then well; in ${count('storm')} phases all answer 503 to the end, and all calls go by one route with retries.
Then the answers of the callers, the books of the targets and the ledger are compared, call by call.

${toTable(
  ['', 'number'],
  rows.map(([title, value]) => [title, value.toLocaleString('en')]),
)}
${faults.length === 0 ? 'The rows in bold must be 0.' : `The first violations:\n\n${faults.map((fault) => `- ${fault}\n`).join('')}`}

## Billed, and not whole

A target bills answers that it breaks off, or that come too late, as if they were whole. Weir cannot know that. [It books](../../docs/money.md#what-a-call-costs-in-the-end) the output that passed and
the estimated input, and nothing where nothing passed; the records have \`timeout\` or \`unknown_outcome\` as their failure, so \`weir usage --by failure\` shows how many there are.

${toTable(
  ['the target …', 'requests', 'tokens billed', 'tokens in the ledger', 'output tokens received'],
  unfinishedKinds.map((kind) => {
    const { requests, billedTokens, bookedTokens, receivedTokens } = chaos.unfinished[kind]
    const figures = [requests, billedTokens, bookedTokens, receivedTokens]
    return [unfinishedTitles[kind], ...figures.map((figure) => figure.toLocaleString('en'))]
  }),
)}
## Breakers of several processes

${breakers[0]?.calls.toLocaleString('en')} calls by an \`ordered\` route, ${breakers[0]?.processes} at a time. Its first target refuses all with 429 and \`Retry-After: 1\`, its second answers after 100 ms. The workers of one server share their breakers.

${toTable(
  ['', 'seconds', 'requests at the first target'],
  breakers.map(({ isShared, processes, durationMs, refused }) => [
    isShared ? `one server of ${processes} workers` : `${processes} servers`,
    (durationMs / 1_000).toFixed(1),
    refused.toLocaleString('en'),
  ]),
)}
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
    ['… at each account', ...sessions.map(({ accountCalls }) => accountCalls.join(' · '))],
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
