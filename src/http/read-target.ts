import { GatewayError } from '../core/errors.ts'
import { withoutApiVersion } from '../openai/without-api-version.ts'

/** Where a request wants to go, after the slips of base URLs are forgiven. */
export interface Target {
  /** As it came, without the query; slashes not doubled. */
  readonly path: string
  /** Below `/v1`: `/v1/v1/models`, `//v1/models` and `/models` are all `/models`. */
  readonly apiPath: string
  /** True where the path had its `/v1`. */
  readonly isVersioned: boolean
  /** With its `?`, or empty. */
  readonly query: string
  /** The model that stands in the path, as clients of Azure write it: `/openai/deployments/gpt-4o/chat/completions`. */
  readonly deployment?: string
}

/**
 * Reads the request target. One parse decides both the route and its guard, so a path that one proxy would normalise and another would
 * not is refused (S39): dots as path segments, backslashes, control characters, and percent-encoded characters that need no encoding.
 */
export function readTarget(target: string, host: string | undefined): Target {
  const origin = /^https?:\/\/([^/?#]*)/i.exec(target)
  if (origin !== null && origin[1]?.toLowerCase() !== host?.toLowerCase()) {
    throw new GatewayError(
      'bad_request',
      'This server is no proxy: the request names another host. Send the path alone.',
    )
  }
  const local = origin === null ? target : target.slice(origin[0].length)
  const mark = local.indexOf('?')
  const rawPath = mark === -1 ? local : local.slice(0, mark)
  if (isAmbiguous(rawPath))
    throw new GatewayError(
      'bad_request',
      'The path has dots, backslashes, control characters, or letters that are percent-encoded. Send it plainly, such as /v1/models.',
    )
  const path = trimSlash(`/${rawPath}`.replace(/\/{2,}/g, '/'))
  const query = mark === -1 ? '' : local.slice(mark)
  const azure = azurePath.exec(path)
  if (azure !== null) return readAzureTarget(path, azure, query)
  const apiPath = path.replace(/^(?:\/v1)+(?=\/|$)/, '')
  if (/%2f/i.test(apiPath) && !apiPath.startsWith('/models/')) throw encodedSlash()
  return {
    path,
    apiPath: apiPath === '' ? '/' : apiPath,
    isVersioned: apiPath !== path,
    query,
  }
}

/** The paths of Azure's clients (case B3), with `/openai/v1` as OpenAI's own client has it there. */
const azurePath = /^\/openai(?:\/v1)?(?:\/deployments\/([^/]+))?(\/.+)$/

function readAzureTarget(path: string, [, segment, apiPath = '/']: RegExpExecArray, query: string): Target {
  if (/%2f/i.test(apiPath) && !apiPath.startsWith('/models/')) throw encodedSlash()
  const target = { path, apiPath, isVersioned: true, query: withoutApiVersion(query) }
  if (segment === undefined) return target
  try {
    return { ...target, deployment: decodeURIComponent(segment) }
  } catch {
    throw new GatewayError('bad_request', 'The name of the deployment in the path is not percent-encoded UTF-8.')
  }
}

function encodedSlash(): GatewayError {
  return new GatewayError('bad_request', 'Only the name of a model may hold an encoded slash (`%2F`).')
}

function isAmbiguous(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are refused
  return /[\\#\u0000-\u0020\u007f]|%(2e|5c|0|1|7f|3\d|[46][1-9a-f]|[57][0-9a])|(^|\/|%2f)\.{1,2}([/;]|%2f|%3b|$)/i.test(
    path,
  )
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
