import type { ProviderKind } from '../schema/key-documentation.ts'
import { defaults } from './defaults.ts'

/** Where each kind of provider is, for those that are in one place. */
export const defaultBaseUrls: { readonly [kind in ProviderKind]: string | undefined } = {
  openai: defaults.openaiBaseUrl,
  deepinfra: defaults.deepinfraBaseUrl,
  azure: undefined,
  custom: undefined,
  demo: undefined,
}
