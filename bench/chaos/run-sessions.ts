import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordColumns, toRecord } from '../../src/storage/sql/usage/record-columns.ts'
import { createRandom } from '../crash/create-random.ts'
import { callers, createLedgerFile, openLedgerFile } from '../crash/open-ledger-file.ts'
import { createPromptCache } from './create-prompt-cache.ts'
import { sendChat } from './send-chat.ts'
import { priceUsage, type ServerGroup, startServers, toProviders } from './start-servers.ts'
import { type ChatBody, startTarget } from './start-target.ts'

export interface SessionsOptions {
  readonly strategy: 'sticky' | 'weighted'
  readonly accounts: number
  readonly sessions: number
  /** Calls of each session. */
  readonly turns: number
  /** Turns after which a cache forgets what was not read; infinite if it forgets nothing. */
  readonly lifetimeTurns: number
  readonly seed: number
}

export interface SessionsResult extends SessionsOptions {
  readonly calls: number
  /** The calls that each account has answered. */
  readonly accountCalls: readonly number[]
  readonly inputTokens: number
  readonly cachedTokens: number
  /** The sum of the ledger, and of the accounts’ own books, in nano-USD. */
  readonly bookedNano: number
  readonly billedNano: number
  /** The cost if no input were cached. */
  readonly uncachedNano: number
}

type Message = ChatBody['messages'][number]

/** Tokens of the system prompt, which all sessions share, and bounds of those that a turn adds to the input. */
const systemTokens = 1_500
const turnTokens = [100, 900] as const

/** Runs growing conversations through a route over accounts with a prompt cache each, with two servers. */
export async function runSessions(options: SessionsOptions): Promise<SessionsResult> {
  const { strategy, sessions, turns, lifetimeTurns, seed } = options
  let turn = 0
  const random = createRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'weir-sessions-'))
  const accounts = await Promise.all(
    Array.from({ length: options.accounts }, (_, number) =>
      startTarget(
        number,
        createPromptCache(lifetimeTurns, () => turn),
      ),
    ),
  )
  const names = accounts.map((_, index) => `account${index}`)
  const urls = Object.fromEntries(names.map((name, index) => [name, accounts[index]?.url ?? '']))
  const config = {
    ...toProviders(urls, {}),
    routes: { chat: { strategy, targets: names.map((name) => ({ model: `${name}/m` })) } },
  }
  let servers: ServerGroup | undefined
  try {
    await createLedgerFile(folder)
    servers = await startServers(folder, 2, config)
    const { origins } = servers
    const histories: Message[][] = Array.from({ length: sessions }, () => [
      { role: 'system', content: toText('system', systemTokens) },
    ])
    for (; turn < turns; turn++) {
      for (const [number, history] of histories.entries()) {
        history.push({ role: 'user', content: toText(`${number} ${turn}`, random.integer(...turnTokens)) })
        const id = `s${number}t${turn}`
        await ask(id, history, random.pick(origins))
        history.push({ role: 'assistant', content: 'word' })
      }
    }
    await servers.stop()
    servers = undefined
    const billed = accounts.flatMap(({ accepted }) => accepted.flatMap((request) => request.billed ?? []))
    return {
      ...options,
      calls: billed.length,
      accountCalls: accounts.map(({ accepted }) => accepted.length),
      inputTokens: sum(billed.map(({ inputTokens }) => inputTokens)),
      cachedTokens: sum(billed.map(({ cachedTokens }) => cachedTokens)),
      bookedNano: readBooked(folder),
      billedNano: sum(billed.map((usage) => priceUsage(usage.inputTokens, usage.cachedTokens, usage.outputTokens))),
      uncachedNano: sum(billed.map((usage) => priceUsage(usage.inputTokens, 0, usage.outputTokens))),
    }
  } finally {
    await servers?.stop()
    for (const account of accounts) account.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function ask(user: string, messages: readonly Message[], origin: string): Promise<void> {
  const { status } = await sendChat(origin, callers[0]?.secret ?? '', { model: 'chat', user, messages })
  if (status !== 200) throw new Error(`The call ${user} has failed with ${status}.`)
}

function readBooked(folder: string): number {
  const database = openLedgerFile(folder)
  const records = database.sync.all(`SELECT seq, ${recordColumns} FROM call_records`, []).map(toRecord)
  database.close()
  return sum(records.map(({ costNano }) => costNano))
}

/** A text of about `tokens` tokens that begins with `start`. */
function toText(start: string, tokens: number): string {
  return `${start} `.padEnd(tokens * 4, 'word ')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
