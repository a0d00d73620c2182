import type { ProviderKind } from '../schema/key-documentation.ts'

/** The environment as the platform has it. On Workers a variable may be of another type than text, and a binding is an object. */
export type Environment = Readonly<Record<string, unknown>>

/** A variable that sets one key of the provider with the same name as its kind. */
export interface ProviderVariable {
  readonly name: string
  readonly provider: ProviderKind
  readonly key: 'api_key' | 'base_url' | 'api_version' | 'models' | 'word_delay_ms'
  /** True where it alone says that the provider is wanted. */
  readonly configures: boolean
  readonly meaning: string
}

/** In the order in which the providers are added. The names are those of OpenAI's own clients where these have one. */
export const providerVariables: readonly ProviderVariable[] = [
  {
    name: 'OPENAI_API_KEY',
    provider: 'openai',
    key: 'api_key',
    configures: true,
    meaning: 'OpenAI’s key. Adds the provider `openai`.',
  },
  {
    name: 'OPENAI_BASE_URL',
    provider: 'openai',
    key: 'base_url',
    configures: true,
    meaning: 'Moves the provider `openai` elsewhere; it then needs no key.',
  },
  {
    name: 'DEEPINFRA_API_KEY',
    provider: 'deepinfra',
    key: 'api_key',
    configures: true,
    meaning: 'DeepInfra’s key. Adds the provider `deepinfra`.',
  },
  {
    name: 'DEEPINFRA_BASE_URL',
    provider: 'deepinfra',
    key: 'base_url',
    configures: true,
    meaning: 'Moves the provider `deepinfra` elsewhere; it then needs no key.',
  },
  {
    name: 'AZURE_OPENAI_API_KEY',
    provider: 'azure',
    key: 'api_key',
    configures: true,
    meaning: 'Azure OpenAI’s key. With the endpoint it adds the provider `azure`.',
  },
  {
    name: 'AZURE_OPENAI_ENDPOINT',
    provider: 'azure',
    key: 'base_url',
    configures: true,
    meaning: 'The endpoint of the Azure resource, such as `https://example.openai.azure.com`.',
  },
  {
    name: 'OPENAI_API_VERSION',
    provider: 'azure',
    key: 'api_version',
    configures: false,
    meaning: 'The version of Azure’s API.',
  },
  {
    name: 'CUSTOM_BASE_URL',
    provider: 'custom',
    key: 'base_url',
    configures: true,
    meaning:
      'Any server with OpenAI’s API, such as `http://localhost:11434/v1` for Ollama. Adds the provider `custom`.',
  },
  {
    name: 'CUSTOM_API_KEY',
    provider: 'custom',
    key: 'api_key',
    configures: true,
    meaning: 'The key for `CUSTOM_BASE_URL`, if it wants one.',
  },
  {
    name: 'CUSTOM_MODELS',
    provider: 'custom',
    key: 'models',
    configures: false,
    meaning: 'The models of `CUSTOM_BASE_URL`, separated by commas.',
  },
  {
    name: 'DEMO_WORD_DELAY_MS',
    provider: 'demo',
    key: 'word_delay_ms',
    configures: false,
    meaning: 'The pause between two words of the demo provider; 0 is instant.',
  },
]

/** Variables that belong to no key of the file. */
export const otherVariables: readonly { readonly name: string; readonly meaning: string }[] = [
  {
    name: 'DEMO',
    meaning:
      '`true` adds the embedded provider `demo`, `false` keeps it away. Unset, it is there when no other provider is configured and the server listens on loopback (Node).',
  },
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

/** The parts between commas, without space around them and without empty ones. */
export function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
