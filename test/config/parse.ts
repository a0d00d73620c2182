import { ConfigError } from '../../src/config/config-error.ts'
import { parseSettings, type SettingsInput } from '../../src/config/parse-settings.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { ProviderSettings } from '../../src/providers/provider-kind.ts'

/** Parses the settings of a Node server at a public address, which has no development defaults. */
export function parse(input: Partial<SettingsInput>): Settings {
  return parseSettings({ env: {}, platform: 'node', isLoopback: false, ...input })
}

/** Returns the problems that parseSettings reports. */
export function problemsOf(input: Partial<SettingsInput>): readonly string[] {
  try {
    parse(input)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

export function providersOf(input: Partial<SettingsInput>): readonly ProviderSettings[] {
  return parse(input).providers
}

export function idsOf(input: Partial<SettingsInput>): readonly string[] {
  return providersOf(input).map((provider) => provider.id)
}
