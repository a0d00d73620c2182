import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callers, createLedgerFile } from '../crash/open-ledger-file.ts'
import { sendChat } from './send-chat.ts'
import { type ServerGroup, startServers, toProviders } from './start-servers.ts'
import { startTarget } from './start-target.ts'

export interface BreakersOptions {
  /** True for one server whose workers share their breakers; false for as many servers, which do not. */
  readonly isShared: boolean
  readonly processes: number
  readonly calls: number
}

export interface BreakersResult extends BreakersOptions {
  /** Requests at the target that refuses all of them with 429 and `Retry-After: 1`. */
  readonly refused: number
  readonly durationMs: number
}

/** Sends calls, one at a time for each process, by an ordered route whose first target is limited and whose second is slow. */
export async function runBreakers(options: BreakersOptions): Promise<BreakersResult> {
  const { isShared, processes, calls } = options
  const folder = mkdtempSync(join(tmpdir(), 'weir-breakers-'))
  const usage = () => ({ inputTokens: 1, cachedTokens: 0, outputTokens: 1 })
  const [limited, slow] = await Promise.all([startTarget(0, usage), startTarget(1, usage)])
  let group: ServerGroup | undefined
  try {
    await Promise.all([limited.behave('limited'), slow.behave('slow'), createLedgerFile(folder)])
    const config = {
      ...toProviders({ limited: limited.url, slow: slow.url }, {}),
      routes: { chat: { targets: [{ model: 'limited/m' }, { model: 'slow/m' }] } },
    }
    group = await startServers(folder, isShared ? 1 : processes, config, isShared ? processes : 1)
    const { origins } = group
    const begunAt = performance.now()
    const queue = Array.from({ length: calls }, (_, index) => index).values()
    const work = async (_: unknown, lane: number) => {
      for (const call of queue) await ask(`b${call}`, origins[lane % origins.length] ?? '')
    }
    await Promise.all(Array.from({ length: processes }, work))
    return { ...options, refused: limited.accepted.length, durationMs: performance.now() - begunAt }
  } finally {
    await group?.stop()
    for (const target of [limited, slow]) target.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function ask(user: string, origin: string): Promise<void> {
  const messages = [{ role: 'user', content: user }]
  const { status } = await sendChat(origin, callers[0]?.secret ?? '', { model: 'chat', user, messages })
  if (status !== 200) throw new Error(`The call ${user} has failed with ${status}.`)
}
