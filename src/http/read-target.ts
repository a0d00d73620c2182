import { GatewayError } from '../core/errors.ts'
import { withoutApiVersion } from '../openai/without-api-version.ts'

/** The target of a request, with common mistakes in base URLs corrected. */
export interface Target {
  /** The path as received, without the query and without doubled slashes. */
  readonly path: string
  /** The path below `/v1` or `/v1beta`: `/models` for `/v1/v1/models`, `//v1/models`, `/v1beta/models` and `/models`. */
  readonly apiPath: string
  /** True if the path contains `/v1` or `/v1beta`. */
  readonly isVersioned: boolean
  /** True if the path contains `/v1beta`, the version of Gemini's API. */
  readonly isBeta?: boolean
  /** The query with its `?`, or an empty string. */
  readonly query: string
  /** The model in the path of an Azure client: `/openai/deployments/gpt-4o/chat/completions`. */
  readonly deployment?: string
}

/**
 * Reads the request target. One parse decides both the route and its guard, so an ambiguous path, which proxies
 * normalise differently, is refused (S39): dot segments, backslashes, control characters and needless percent-encoding.
 */
export function readTarget(target: string, host: string | undefined): Target {
  const origin = /^https?:\/\/([^/?#]*)/i.exec(target)
  if (origin !== null && origin[1]?.toLowerCase() !== host?.toLowerCase()) {
    throw new GatewayError(
      'bad_request',
      'The request names another host, and this server is not a forward proxy. Send only the path.',
    )
  }
  const local = origin === null ? target : target.slice(origin[0].length)
  const mark = local.indexOf('?')
  const rawPath = mark === -1 ? local : local.slice(0, mark)
  if (isAmbiguous(rawPath))
    throw new GatewayError(
      'bad_request',
      'The path contains dot segments, backslashes, control characters or percent-encoded letters. Send a plain path, such as /v1/models.',
    )
  const path = trimSlash(`/${rawPath}`.replace(/\/{2,}/g, '/'))
  const query = mark === -1 ? '' : local.slice(mark)
  const azure = azurePath.exec(path)
  if (azure !== null) return readAzureTarget(path, azure, query)
  const [version = ''] = /^(?:\/v1(?:beta)?)+(?=\/|$)/.exec(path) ?? []
  const apiPath = path.slice(version.length)
  if (/%2f/i.test(apiPath) && !apiPath.startsWith('/models/')) throw encodedSlash()
  return {
    path,
    apiPath: apiPath === '' ? '/' : apiPath,
    isVersioned: version !== '',
    ...(version.includes('beta') && { isBeta: true }),
    query,
  }
}

/** Paths of Azure's clients (case B3), with the `/openai/v1` of OpenAI's client for Azure. */
const azurePath = /^\/openai(?:\/v1)?(?:\/deployments\/([^/]+))?(\/.+)$/

function readAzureTarget(path: string, [, segment, apiPath = '/']: RegExpExecArray, query: string): Target {
  if (/%2f/i.test(apiPath) && !apiPath.startsWith('/models/')) throw encodedSlash()
  const target = { path, apiPath, isVersioned: true, query: withoutApiVersion(query) }
  if (segment === undefined) return target
  try {
    return { ...target, deployment: decodeURIComponent(segment) }
  } catch {
    throw new GatewayError('bad_request', 'The deployment name in the path is not valid percent-encoded UTF-8.')
  }
}

function encodedSlash(): GatewayError {
  return new GatewayError('bad_request', 'Only a model name in the path may contain an encoded slash (`%2F`).')
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
