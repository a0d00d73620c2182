import type { ConfigError } from '../../config/config-error.ts'
import { parseSettings } from '../../config/parse-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { describeSettings } from './config/describe-settings.ts'
import { loadEnvironment } from './config/load-environment.ts'
import { tryListening } from './server/listen.ts'
import { checkStorage } from './storage/open-storage.ts'

/** Runs `weir check-config`: prints what the configuration means, without a trace. Rejects with ConfigError. */
export async function checkConfig(processEnv: NodeJS.ProcessEnv, configPath: string | undefined): Promise<void> {
  const { env, path, config } = await loadEnvironment(processEnv, configPath)
  const settings = parseSettings({ env, config, platform: 'node' })
  const portError = await checkStart(settings)
  const source = path ?? 'environment only'
  const { host, port } = settings.server
  const lines = [
    `The configuration is valid (${source}).`,
    ...describeSettings(settings),
    ...(portError === undefined
      ? []
      : [`  port       ${host}:${port} is in use, as it is while the server runs; a second server cannot start there`]),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Checks storage and port as a start would. Returns the error of a port in use. Rejects with ConfigError. */
export async function checkStart(settings: Settings): Promise<ConfigError | undefined> {
  await checkStorage(settings)
  return tryListening(settings.server)
}
