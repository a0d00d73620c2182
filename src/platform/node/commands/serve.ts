import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { ConfigError } from '../../../config/config-error.ts'
import { configOption, takesValue } from './options.ts'
import { say } from './print.ts'

interface ServerOptions {
  readonly port?: string
  readonly host?: string
  readonly workers?: string
  readonly config?: string
}

export function defineServe(command: Command, env: NodeJS.ProcessEnv): void {
  addServerOptions(command)
    .description(
      'Starts the gateway, and makes its storage if there is none. This is what `weir` does without a command.',
    )
    .addHelpText('after', '\nExample:\n  weir serve --port 9000 --workers auto')
    .action(async (options: ServerOptions) => {
      const count = readWorkerCount(options.workers ?? env.WORKERS)
      const { loadEnvironment } = await import('../config/load-environment.ts')
      const load = () => loadEnvironment(withOptions(env, options), options.config)
      if (count > 1 && !cluster.isWorker) {
        const { runWorkers } = await import('../workers/run-workers.ts')
        const { toStdout } = await import('../line-writer.ts')
        const write = toStdout()
        process.exit(await runWorkers({ count, load, log: (line) => write(`${line}\n`), say }))
      }
      // Without a listener the signal that renews workers would end the one process, and cut its calls.
      if (!cluster.isWorker)
        process.on('SIGUSR2', () =>
          say('SIGUSR2 renews the processes of --workers; this server is one process and goes on.'),
        )
      const { serve } = await import('../serve.ts')
      try {
        await serve(load)
      } catch (error) {
        // A worker that cannot start ends, though it listens for its configuration.
        process.channel?.unref()
        throw error
      }
    })
}

export function defineCheckConfig(command: Command, env: NodeJS.ProcessEnv): void {
  addServerOptions(command)
    .description('Checks the configuration and says what it means, or everything that is wrong with it.')
    .addHelpText('after', '\nExample:\n  weir check-config --config weir.config.yaml')
    .action(async (options: ServerOptions) => {
      readWorkerCount(options.workers ?? env.WORKERS)
      const { checkConfig } = await import('../check-config.ts')
      await checkConfig(withOptions(env, options), options.config)
    })
}

/** A script may put its own options behind those of a user: the last value holds. */
const lastWins = { lastWins: true }

function addServerOptions(command: Command): Command {
  return command
    .addOption(takesValue('--port <n>', 'port to listen on; 0 takes a free one (PORT) (default: 8787)', lastWins))
    .addOption(takesValue('--host <name>', 'address to listen on (HOST) (default: 127.0.0.1)', lastWins))
    .addOption(
      takesValue(
        '--workers <n>',
        'processes that share the port; auto for one a core (WORKERS) (default: 1)',
        lastWins,
      ),
    )
    .addOption(configOption(lastWins))
}

const maxWorkers = 256

/** How many processes are wanted. Throws ConfigError. */
function readWorkerCount(text: string | undefined): number {
  if (text === undefined || text === '') return 1
  if (text === 'auto') return availableParallelism()
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= maxWorkers) return count
  throw new ConfigError([`WORKERS: must be a whole number from 1 to ${maxWorkers}, or \`auto\``])
}

function withOptions(env: NodeJS.ProcessEnv, { port, host }: ServerOptions): NodeJS.ProcessEnv {
  return { ...env, ...(port && { PORT: port }), ...(host && { HOST: host }) }
}
