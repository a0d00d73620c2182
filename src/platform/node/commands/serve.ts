import cluster from 'node:cluster'
import type { Command } from 'commander'
import { readWorkerCount } from '../workers/read-worker-count.ts'
import { runWorkers } from '../workers/run-workers.ts'
import { configOption, takesValue } from './options.ts'

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
      if (count > 1 && !cluster.isWorker)
        process.exit(await runWorkers({ count, say: (text) => void process.stderr.write(`${text}\n`) }))
      const { serve } = await import('../serve.ts')
      await serve(withOptions(env, options), options.config)
    })
}

export function defineCheckConfig(command: Command, env: NodeJS.ProcessEnv): void {
  addServerOptions(command)
    .description('Checks the configuration and says what it means, or everything that is wrong with it.')
    .addHelpText('after', '\nExample:\n  weir check-config --config weir.config.yaml')
    .action(async (options: ServerOptions) => {
      readWorkerCount(options.workers ?? env.WORKERS)
      const { checkConfig } = await import('../config/check-config.ts')
      await checkConfig(withOptions(env, options), options.config)
    })
}

function addServerOptions(command: Command): Command {
  return command
    .addOption(takesValue('--port <n>', 'port to listen on; 0 takes a free one (PORT) (default: 8787)'))
    .addOption(takesValue('--host <name>', 'address to listen on (HOST) (default: 127.0.0.1)'))
    .addOption(takesValue('--workers <n>', 'processes that share the port; auto for one a core (WORKERS) (default: 1)'))
    .addOption(configOption())
}

function withOptions(env: NodeJS.ProcessEnv, { port, host }: ServerOptions): NodeJS.ProcessEnv {
  return { ...env, ...(port && { PORT: port }), ...(host && { HOST: host }) }
}
