import type { ProviderSettings, Settings } from '../../config/settings.ts'

/** What the operator should know at a glance; no secret. */
export function describeSettings(settings: Settings): string[] {
  const providers = settings.providers.map((provider) => describeProvider(provider, settings))
  return [
    `  providers  ${providers.length > 0 ? providers.join(', ') : 'none: set OPENAI_API_KEY or DEEPINFRA_API_KEY'}`,
    `  access     ${describeAccess(settings)}`,
    `  origins    ${settings.cors.origins.join(', ')}`,
    `  storage    ${settings.storage.path ?? 'none: sessions and images are not kept'}`,
  ]
}

function describeProvider({ id, kind, apiKey }: ProviderSettings, { defaultProvider }: Settings): string {
  // Only `openai` is ever set up without a key of its own, for callers who bring theirs.
  if (kind === 'openai' && apiKey === undefined) return `${id} (with the caller’s own key)`
  return id === defaultProvider ? `${id} (default)` : id
}

function describeAccess({ access }: Settings): string {
  if (access.token !== undefined) return 'callers send TOKEN as `Authorization: Bearer …`'
  if (access.allowAnonymous) return 'open to everyone (ALLOW_ANONYMOUS=true)'
  return 'this machine only; set TOKEN to serve others'
}
