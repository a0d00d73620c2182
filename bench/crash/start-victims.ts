import { once } from 'node:events'
import type { Random } from './create-random.ts'
import { type ServerProcess, startServer } from './start-server.ts'

/** Real servers on one database, to be killed by the test. */
export interface Victims {
  /** Resolves with the origin of one of them; waits while none listens. */
  origin(): Promise<string>
  /** Kills one or all of them, and starts as many again. Resolves with the number of kills once the new ones listen. */
  kill(): Promise<number>
  /** Kills all. */
  end(): Promise<void>
}

export interface VictimOptions {
  readonly count: number
  readonly folder: string
  /** The origin of the upstream. */
  readonly upstream: string
  readonly random: Random
}

export async function startVictims(options: VictimOptions): Promise<Victims> {
  const { count, folder, upstream, random } = options
  const living = new Set<ServerProcess>()
  let ready = startAll(count)
  await ready

  async function startAll(missing: number): Promise<void> {
    const started = await Promise.all(Array.from({ length: missing }, () => startServer(folder, toEnv(upstream))))
    for (const victim of started) living.add(victim)
  }

  async function killThese(doomed: readonly ServerProcess[]): Promise<void> {
    for (const victim of doomed) living.delete(victim)
    await Promise.all(
      doomed.map(async ({ child }) => {
        const exit = once(child, 'exit')
        child.kill('SIGKILL')
        await exit
      }),
    )
  }

  return {
    async origin() {
      while (living.size === 0) await ready
      return random.pick([...living]).origin
    },
    async kill() {
      const all = [...living]
      const doomed = random.chance(0.25) ? all : [random.pick(all)]
      const dead = killThese(doomed)
      ready = dead.then(() => startAll(doomed.length))
      await ready
      return doomed.length
    },
    end: () => killThese([...living]),
  }
}

function toEnv(upstream: string): Record<string, string> {
  return {
    OPENAI_API_KEY: 'crash-test-provider',
    OPENAI_BASE_URL: `${upstream}/v1`,
    OPENAI_OUTPUT_LIMIT: 'max_completion_tokens',
  }
}
