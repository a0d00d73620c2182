import type { DroppedFields, Given } from './fields.ts'
import type { Settings } from './prompt.ts'

type Values = {
  readonly [Name in Exclude<keyof Settings, 'openai'>]-?: NonNullable<Settings[Name]> extends Given<infer Value>
    ? Value
    : never
}

/** Hands the settings of a prompt to a writer one by one. Those that it does not take are dropped, and named. */
export class SettingsReader {
  readonly #settings: Settings
  readonly #dropped: DroppedFields
  readonly #taken = new Set<string>()

  constructor(settings: Settings, dropped: DroppedFields) {
    this.#settings = settings
    this.#dropped = dropped
  }

  take<Name extends keyof Values>(name: Name): Values[Name] | undefined {
    return this.given(name)?.value
  }

  given<Name extends keyof Values>(name: Name): Given<Values[Name]> | undefined {
    this.#taken.add(name)
    return this.#settings[name] as Given<Values[Name]> | undefined
  }

  /** Returns OpenAI's own settings under their names. */
  openai(): Record<string, unknown> {
    this.#taken.add('openai')
    const own = this.#settings.openai ?? {}
    return Object.fromEntries(Object.entries(own).map(([name, { value }]) => [name, value]))
  }

  /** Names settings that were taken but cannot be used. */
  drop(...names: readonly (keyof Values)[]): void {
    for (const name of names) {
      const given = this.#settings[name]
      if (given !== undefined) this.#dropped.add(given.path)
    }
  }

  dropRest(): void {
    const { openai = {}, ...others } = this.#settings
    for (const [name, given] of Object.entries(others))
      if (given && !this.#taken.has(name)) this.#dropped.add(given.path)
    if (!this.#taken.has('openai')) for (const { path } of Object.values(openai)) this.#dropped.add(path)
  }
}
