import type { Settings } from '../../config/settings.ts'

/** What the operator should know at a glance; no secret. */
export function describeSettings(settings: Settings): string[] {
  const providers = settings.providers.map(({ id }) => (id === settings.defaultProvider ? `${id} (default)` : id))
  return [
    `  providers  ${providers.length > 0 ? providers.join(', ') : 'none: set OPENAI_API_KEY or DEEPINFRA_API_KEY'}`,
    `  access     ${describeAccess(settings)}`,
    `  origins    ${settings.cors.origins.join(', ')}`,
  ]
}

function describeAccess({ access }: Settings): string {
  if (access.token !== undefined) return 'callers send TOKEN as `Authorization: Bearer …`'
  if (access.allowAnonymous) return 'open to everyone (ALLOW_ANONYMOUS=true)'
  return 'this machine only; set TOKEN to serve others'
}
