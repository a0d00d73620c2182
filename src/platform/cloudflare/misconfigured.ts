import { ConfigError } from '../../config/config-error.ts'

/** A Worker has no start that could be refused, so each answer says that its configuration is wrong; the problems themselves go to the log. */
export function misconfigured(error: unknown, request: Request): Response {
  console.error(error instanceof ConfigError ? error.message : error)
  const message = 'This gateway is not configured correctly. Its log lists every problem.'
  const body = { error: { message, type: 'server_error', param: null, code: 'invalid_configuration' } }
  // The configured origins are unknown here, so every page may read it.
  const headers = new Headers({ 'retry-after': '60', 'x-should-retry': 'false', vary: 'Origin' })
  if (request.headers.has('origin')) headers.set('access-control-allow-origin', '*')
  return Response.json(body, { status: 503, headers })
}
