import type { Settings } from '../../../config/settings.ts'
import { isLoopbackBind } from '../../../core/loopback.ts'
import { formatUsd } from '../../../core/usd.ts'
import type { ProviderSettings } from '../../../providers/provider-kind.ts'
import { kindOf } from '../../../providers/provider-kinds.ts'

/** Summarises the settings for the operator, one per line, without secrets. */
export function describeSettings(settings: Settings): string[] {
  const providers = settings.providers.map((provider) => describeProvider(provider, settings))
  return [
    `  providers  ${providers.length > 0 ? providers.join(', ') : 'none: set a provider’s key, such as OPENAI_API_KEY'}`,
    `  access     ${describeAccess(settings)}`,
    ...describePages(settings),
    `  admin      ${describeAdmin(settings)}`,
    `  origins    ${settings.cors.origins.join(', ')}`,
    `  storage    ${describeStorage(settings)}`,
    ...describeProxies(settings),
  ]
}

function describeProvider(provider: ProviderSettings, { defaultProvider }: Settings): string {
  const { id, apiKey, passesCallerCredentials = false } = provider
  if (passesCallerCredentials) return `${id} (with the caller’s own credential)`
  if (apiKey === undefined && kindOf(provider).acceptsOwnKey === true) return `${id} (with the caller’s own key)`
  return id === defaultProvider ? `${id} (default)` : id
}

function describeStorage({ storage, images }: Settings): string {
  if (storage.path === undefined)
    return 'none: sessions, keys, records and pictures are not stored; set STORAGE_PATH to a folder to store them'
  return images.keep ? storage.path : `${storage.path}; pictures are not stored because IMAGES_KEEP is false`
}

/** Describes the proxies without user name and password. */
function describeProxies({ proxy, providers }: Settings): string[] {
  const show = (url: string) => (url === 'none' ? url : new URL(url).origin)
  const general = [...new Set([proxy.https, proxy.http])].filter((url) => url !== undefined).map(show)
  const own = providers.flatMap(({ id, proxy }) => (proxy === undefined ? [] : [`${id}: ${show(proxy)}`]))
  return general.length + own.length === 0 ? [] : [`  proxy      ${[...general, ...own].join(', ')}`]
}

function describeAccess({ access, storage }: Settings): string {
  if (access.token !== undefined) return 'callers send TOKEN as `Authorization: Bearer …`'
  if (access.allowAnonymous) return 'open to everyone (ALLOW_ANONYMOUS=true)'
  const hasKeys = storage.path !== undefined
  if (!access.servesLocal)
    return `${hasKeys ? 'only callers with a virtual key' : 'no callers'}, because NODE_ENV is production; set TOKEN to serve others`
  const others = hasKeys ? 'and callers with a virtual key' : 'only'
  return `this machine ${others}; all clients of a local proxy that adds no header count as this machine; set TOKEN to serve others or behind any proxy`
}

/** Says who may call from a web page without a key. */
function describePages({ visitors, logins }: Settings): string[] {
  const perDay = visitors?.limits.budgets.find(({ per }) => per === 'day')
  const limit = perDay === undefined ? '' : `, for at most USD ${formatUsd(perDay.limitNano)} a day in total`
  return [
    ...(visitors === undefined ? [] : [`  visitors   of ${visitors.grants.origins?.join(', ')}${limit}`]),
    ...(logins.length === 0
      ? []
      : [`  logins     ${logins.map(({ name, issuer }) => `${name} (${issuer})`).join(', ')}`]),
  ]
}

function describeAdmin({ access, server, storage }: Settings): string {
  if (storage.path === undefined) return 'off: there is no storage to administer'
  if (access.adminToken !== undefined) return '/admin/v1, with ADMIN_TOKEN'
  if (!isLoopbackBind(server.host)) return 'off over HTTP; set ADMIN_TOKEN to enable /admin/v1'
  return '/admin/v1, with the secret that was printed at the first start; `weir admin-token` creates a new one'
}
