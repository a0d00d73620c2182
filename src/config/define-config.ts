import type { Config } from './schema.ts'

export type { Config } from './schema.ts'

/**
 * Gives the editor the types of a `weir.config.ts`.
 *
 * @example
 * export default defineConfig({ providers: { ollama: { base_url: 'http://localhost:11434/v1' } } })
 */
export function defineConfig(config: Config): Config {
  return config
}
