import type { ConfigError } from '../../config/config-error.ts'
import { parseSettings } from '../../config/parse-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { describeSettings } from './config/describe-settings.ts'
import { loadEnvironment } from './config/load-environment.ts'
import { tryListening } from './server/listen.ts'
import { checkStorage } from './storage/open-storage.ts'

/** `weir check-config`: says what the configuration means, or throws ConfigError with what a start would refuse. Leaves nothing behind. */
export async function checkConfig(processEnv: NodeJS.ProcessEnv, configPath: string | undefined): Promise<void> {
  const { env, path, config } = await loadEnvironment(processEnv, configPath)
  const settings = parseSettings({ env, config, platform: 'node' })
  const taken = await checkStart(settings)
  const source = path ?? 'environment only'
  const { host, port } = settings.server
  const lines = [
    `The configuration is valid (${source}).`,
    ...describeSettings(settings),
    ...(taken === undefined
      ? []
      : [`  port       ${host}:${port} is taken, as it is while a server runs; another one cannot start there`]),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Does all that a start does beyond reading its settings. Answers the error of a port on which another program listens. Rejects with ConfigError. */
export async function checkStart(settings: Settings): Promise<ConfigError | undefined> {
  await checkStorage(settings)
  return tryListening(settings.server)
}
