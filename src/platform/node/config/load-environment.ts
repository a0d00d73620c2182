import { loadConfig } from './load-config.ts'
import { loadDotenv } from './load-dotenv.ts'

/** Everything that a start reads from this machine. Rejects with ConfigError. */
export async function loadEnvironment(processEnv: NodeJS.ProcessEnv, configPath: string | undefined) {
  const cwd = process.cwd()
  const { env } = await loadDotenv({ cwd, env: processEnv })
  const { path, config } = await loadConfig({ cwd, env, path: configPath })
  return { env, path, config }
}
