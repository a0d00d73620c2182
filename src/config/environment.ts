import type { ProviderKind, ProviderVariable } from '../providers/provider-kind.ts'
import { providerKinds } from '../providers/provider-kinds.ts'

/** The environment as the platform has it. On Workers a variable may be of another type than text, and a binding is an object. */
export type Environment = Readonly<Record<string, unknown>>

/** Variables that set one key of the provider with the same name as its kind. */
export const providerVariables = providerKinds.flatMap(({ kind, env }) =>
  env.map((variable: ProviderVariable) => ({ ...variable, provider: kind })),
)

/** Variables that belong to no key of the file. */
export const otherVariables: readonly { readonly name: string; readonly meaning: string }[] = [
  ...providerKinds.flatMap(({ standsIn }: ProviderKind) => standsIn ?? []),
  {
    name: 'WEIR_CONFIG',
    meaning: 'The configuration itself as JSON, starting with `{`; on Node also the path of the file.',
  },
  {
    name: 'NODE_ENV',
    meaning: '`production` leaves out the conveniences of development: `.env`, `.dev.vars` and `x-openai-key`.',
  },
]

/** The text of a variable without space around it. Empty is unset. */
export function readVariable(environment: Environment, name: string): string | undefined {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  const text = isPlain ? String(value).trim() : ''
  return text === '' ? undefined : text
}

/** `undefined` for what is neither yes nor no. */
export function parseFlag(text: string): boolean | undefined {
  if (/^(true|1|yes|on)$/i.test(text)) return true
  return /^(false|0|no|off)$/i.test(text) ? false : undefined
}
