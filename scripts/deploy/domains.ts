import { z } from 'zod'
import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import type { Cloudflare } from './cloudflare.ts'
import { DeployError } from './deploy-error.ts'
import { settingsFile } from './settings.ts'
import { isOnWorkersDev } from './stores.ts'

// Without a terminal, wrangler replaces another Worker's domain or a DNS record that has the same name. Weir therefore
// checks first. https://developers.cloudflare.com/workers/configuration/routing/custom-domains/

export function listCustomDomains({ route, routes }: JsonObject): readonly string[] {
  const all = [route, ...(Array.isArray(routes) ? routes : [])].filter(isJsonObject)
  return all.filter(({ custom_domain: isCustom }) => isCustom === true).map(({ pattern }) => String(pattern))
}

/** Returns the configuration for a first upload: Cloudflare reports conflicting domains only once the Worker exists. */
export function withoutCustomDomains(config: JsonObject): JsonObject {
  const { route, routes, ...others } = config
  const isPlain = (item: unknown): boolean => !(isJsonObject(item) && item.custom_domain === true)
  const plain = [route, ...(Array.isArray(routes) ? routes : [])].filter((item) => item !== undefined && isPlain(item))
  return { ...others, workers_dev: isOnWorkersDev(config), ...(plain.length > 0 && { routes: plain }) }
}

/** Rejects with DeployError if a domain belongs to another Worker of the account. Changes nothing. */
export async function refuseDomainsOfOthers(
  cloudflare: Cloudflare,
  account: string,
  name: string,
  domains: readonly string[],
): Promise<void> {
  const schema = z.array(z.object({ hostname: z.string(), service: z.string() }))
  for (const domain of domains) {
    const path = `/accounts/${account}/workers/domains?hostname=${encodeURIComponent(domain)}`
    const found = await cloudflare.call('show your custom domains', 'GET', path, schema)
    const other = found.find(({ hostname, service }) => hostname === domain && service !== name)
    if (other !== undefined)
      throw new DeployError(
        `The domain ${domain} belongs to the Worker ${other.service} and was not moved: remove it from that Worker in the dashboard, or set another domain in ${settingsFile}, and run \`npm run deploy\` again.`,
      )
  }
}

/** Rejects with DeployError if a DNS record has the name of a domain. The Worker must exist. Changes nothing. */
export async function refuseDomainsWithRecords(
  cloudflare: Cloudflare,
  account: string,
  name: string,
  domains: readonly string[],
): Promise<void> {
  if (domains.length === 0) return
  const path = `/accounts/${account}/workers/scripts/${name}/domains/changeset?replace_state=true`
  const schema = z.object({ conflicting: z.array(z.object({ hostname: z.string() })) })
  const origins = domains.map((hostname) => ({ hostname }))
  const { conflicting } = await cloudflare.call('compare your custom domains', 'POST', path, schema, origins)
  const [conflict] = conflicting
  if (conflict === undefined) return
  throw new DeployError(
    `The domain ${conflict.hostname} already has a DNS record, which was not changed: delete the record in the dashboard, or set another domain in ${settingsFile}, and run \`npm run deploy\` again.`,
  )
}
