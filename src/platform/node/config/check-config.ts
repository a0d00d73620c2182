import { parseSettings } from '../../../config/parse-settings.ts'
import { describeSettings } from './describe-settings.ts'
import { loadEnvironment } from './load-environment.ts'

/** `weir check-config`: says what the configuration means, or throws ConfigError with everything that is wrong with it. */
export async function checkConfig(processEnv: NodeJS.ProcessEnv, configPath: string | undefined): Promise<void> {
  const { env, path, config } = await loadEnvironment(processEnv, configPath)
  const settings = parseSettings({ env, config, platform: 'node' })
  const source = path ?? 'environment only'
  process.stdout.write(`The configuration is valid (${source}).\n${describeSettings(settings).join('\n')}\n`)
}
