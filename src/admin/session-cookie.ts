import { defaults } from '../config/defaults.ts'
import { GatewayError } from '../core/errors.ts'
import { isLoopbackOrigin } from '../core/loopback.ts'

/**
 * A cookie of the admin API. Over https its name starts with `__Host-`, with which a browser accepts it only from this
 * host itself, secure and for every path, so neither a subdomain nor a connection without TLS can set it. This machine
 * may use http, where browsers refuse that name.
 */
export interface AdminCookie {
  /** Formats `Set-Cookie`. Throws GatewayError `https_required` where the cookie would not be safe. */
  set(value: string, publicUrl: string): string
  /** Formats `Set-Cookie` that removes the cookie. */
  clear(publicUrl: string): string
  /** Reads the value from a `Cookie` header. Of two cookies with the name one is not the server's: reads neither. */
  read(header: string | undefined, publicUrl: string): string | undefined
}

const { sessionMs, loginMs } = defaults.admin

/** The id of a session. `Strict`: a browser sends it with no request that another site caused (S44). */
export const sessionCookie = createCookie('weir-session', 'Strict', sessionMs)

/** A sign-in in progress at the OpenID provider. `Lax`, because the provider's page causes the request that ends it. */
export const loginCookie = createCookie('weir-login', 'Lax', loginMs)

function createCookie(name: string, sameSite: 'Strict' | 'Lax', lifetimeMs: number): AdminCookie {
  const nameAt = (publicUrl: string) => {
    if (publicUrl.startsWith('https://')) return `__Host-${name}`
    return isLoopbackOrigin(publicUrl) ? name : undefined
  }
  const format = (value: string, maxAge: number, publicUrl: string) => {
    const ownName = nameAt(publicUrl)
    if (ownName === undefined)
      throw new GatewayError(
        'https_required',
        'A sign-in sets a cookie, which is safe only over https or on this machine. Open this server by an https address. If a proxy in front of it has TLS, set PUBLIC_URL to its address.',
      )
    const secure = publicUrl.startsWith('https://') ? '; Secure' : ''
    return `${ownName}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly${secure}; SameSite=${sameSite}`
  }
  return {
    set: (value, publicUrl) => format(value, Math.floor(lifetimeMs / 1_000), publicUrl),
    clear: (publicUrl) => format('', 0, publicUrl),
    read(header, publicUrl) {
      const ownName = nameAt(publicUrl)
      const pairs = header?.split(';').map((pair) => pair.trim()) ?? []
      const [first, ...others] = pairs.filter((pair) => pair.startsWith(`${ownName}=`))
      if (ownName === undefined || first === undefined || others.length > 0) return undefined
      const value = first.slice(ownName.length + 1)
      return /^[0-9a-z.]{1,200}$/.test(value) ? value : undefined
    },
  }
}
