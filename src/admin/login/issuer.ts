import type { JSONWebKeySet } from 'jose'
import { defaults } from '../../config/defaults.ts'
import { isIssuerUrl } from '../../config/login-schema.ts'
import type { AdminLoginSettings } from '../../config/settings.ts'
import type { JsonObject } from '../../core/json.ts'
import { fetchJson, type IssuerPorts, issuerUnavailable } from './fetch-json.ts'

/** The parts of an OpenID provider's configuration that a sign-in uses. */
export interface IssuerMetadata {
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly userinfoEndpoint: string | undefined
  readonly jwksUri: string
  /** True if the provider wants the client's secret in the form instead of the header. */
  readonly postsSecret: boolean
  /** True if each response of the provider names its issuer (RFC 9207). */
  readonly namesIssuer: boolean
}

/**
 * The documents of one OpenID provider, cached for at most an hour. Holds results only, because a Worker must not wait
 * for the I/O of another request (S71).
 */
export interface Issuer {
  /** Rejects with GatewayError `issuer_unavailable`. */
  metadata(ports: IssuerPorts): Promise<IssuerMetadata>
  /**
   * Returns the provider's keys. `isMissingKey` says that the cached ones lack a key: they are fetched again, at most
   * once a minute. Rejects with GatewayError `issuer_unavailable`.
   */
  keys(ports: IssuerPorts, isMissingKey: boolean): Promise<JSONWebKeySet>
}

interface Cached<Value> {
  readonly value: Value
  readonly at: number
}

const { issuerKeysMs, issuerRetryMs } = defaults.admin
const issuers = new WeakMap<AdminLoginSettings, Issuer>()

/** Returns the provider of these settings. Other settings have a cache of their own. */
export function issuerOf(settings: AdminLoginSettings): Issuer {
  const known = issuers.get(settings)
  if (known !== undefined) return known
  const created = createIssuer(settings)
  issuers.set(settings, created)
  return created
}

function createIssuer({ issuer }: AdminLoginSettings): Issuer {
  let cachedMetadata: Cached<IssuerMetadata> | undefined
  let cachedKeys: Cached<JSONWebKeySet> | undefined

  async function metadata(ports: IssuerPorts): Promise<IssuerMetadata> {
    const now = ports.clock.now()
    if (cachedMetadata !== undefined && now - cachedMetadata.at < issuerKeysMs) return cachedMetadata.value
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const { status, body } = await fetchJson({ url }, ports)
    const value = status === 200 && body !== undefined ? toMetadata(body, issuer) : undefined
    if (value === undefined) throw issuerUnavailable(new Error(`${url} is not the configuration of this issuer`))
    cachedMetadata = { value, at: now }
    return value
  }

  return {
    metadata,
    async keys(ports, isMissingKey) {
      const now = ports.clock.now()
      const freshMs = isMissingKey ? issuerRetryMs : issuerKeysMs
      if (cachedKeys !== undefined && now - cachedKeys.at < freshMs) return cachedKeys.value
      const { jwksUri } = await metadata(ports)
      const { status, body } = await fetchJson({ url: jwksUri }, ports)
      if (status !== 200 || !Array.isArray(body?.keys)) throw issuerUnavailable(new Error(`${jwksUri} is no key set`))
      const value = { keys: body.keys } as JSONWebKeySet
      cachedKeys = { value, at: now }
      return value
    },
  }
}

/** Returns undefined for a document of another issuer, and for one with an address that is not safe. */
function toMetadata(document: JsonObject, issuer: string): IssuerMetadata | undefined {
  const { authorization_endpoint: authorization, token_endpoint: token, userinfo_endpoint: userinfo } = document
  const { jwks_uri: jwksUri, token_endpoint_auth_methods_supported: methods } = document
  if (document.issuer !== issuer) return undefined
  if (!isIssuerUrl(authorization, issuer) || !isIssuerUrl(token, issuer) || !isIssuerUrl(jwksUri, issuer))
    return undefined
  return {
    authorizationEndpoint: authorization,
    tokenEndpoint: token,
    userinfoEndpoint: isIssuerUrl(userinfo, issuer) ? userinfo : undefined,
    jwksUri,
    // The default of OpenID Connect Discovery is the header.
    postsSecret: Array.isArray(methods) && !methods.includes('client_secret_basic'),
    namesIssuer: document.authorization_response_iss_parameter_supported === true,
  }
}
