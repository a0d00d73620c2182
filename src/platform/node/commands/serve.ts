import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { ConfigError } from '../../../config/config-error.ts'
import { configOption, valueOption } from './options.ts'
import { printMessage } from './print.ts'

interface ServerOptions {
  readonly port?: string
  readonly host?: string
  readonly workers?: string
  readonly config?: string
}

export function defineServe(command: Command, env: NodeJS.ProcessEnv): void {
  addServerOptions(command)
    .description(
      'Starts the gateway, and creates its storage if there is none. `weir` without a command does the same.',
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
        process.exit(await runWorkers({ count, load, log: (line) => write(`${line}\n`), printMessage }))
      }
      // Without a listener, SIGUSR2, which replaces workers, would end the single process and cut its calls.
      if (!cluster.isWorker)
        process.on('SIGUSR2', () =>
          printMessage(
            'SIGUSR2 replaces the processes of --workers. This server is a single process and keeps running.',
          ),
        )
      const { serve } = await import('../serve.ts')
      try {
        await serve(load)
      } catch (error) {
        // A worker that cannot start must exit, although it listens for its configuration.
        process.channel?.unref()
        throw error
      }
    })
}

export function defineCheckConfig(command: Command, env: NodeJS.ProcessEnv): void {
  addServerOptions(command)
    .description('Checks the configuration. Prints what it means, or everything that is wrong with it.')
    .addHelpText('after', '\nExample:\n  weir check-config --config weir.config.yaml')
    .action(async (options: ServerOptions) => {
      readWorkerCount(options.workers ?? env.WORKERS)
      const { checkConfig } = await import('../check-config.ts')
      await checkConfig(withOptions(env, options), options.config)
    })
}

/** The last value wins, because a script may append its own options to those of a user. */
const lastWins = { lastWins: true }

function addServerOptions(command: Command): Command {
  return command
    .addOption(valueOption('--port <n>', 'port to listen on; 0 chooses a free one (PORT) (default: 8787)', lastWins))
    .addOption(valueOption('--host <name>', 'address to listen on (HOST) (default: 127.0.0.1)', lastWins))
    .addOption(
      valueOption(
        '--workers <n>',
        'processes that share the port; auto for one per core (WORKERS) (default: 1)',
        lastWins,
      ),
    )
    .addOption(configOption(lastWins))
}

const maxWorkers = 256

/** Parses the number of worker processes. Throws ConfigError. */
function readWorkerCount(value: string | undefined): number {
  if (value === undefined || value === '') return 1
  if (value === 'auto') return availableParallelism()
  const count = /^\d{1,3}$/.test(value) ? Number(value) : 0
  if (count >= 1 && count <= maxWorkers) return count
  throw new ConfigError([`WORKERS: must be a whole number from 1 to ${maxWorkers}, or \`auto\``])
}

function withOptions(env: NodeJS.ProcessEnv, { port, host }: ServerOptions): NodeJS.ProcessEnv {
  return { ...env, ...(port && { PORT: port }), ...(host && { HOST: host }) }
}
