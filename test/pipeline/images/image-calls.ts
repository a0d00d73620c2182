import { expect } from 'vitest'
import type { Surroundings } from '../../support/describe-on-both.ts'
import { bearer, type Gateway, toOpenAIEnv } from '../../support/gateway.ts'
import type { StartStoredGateway } from '../../support/stored-gateway.ts'
import { answer, json } from '../../support/upstream-scripts.ts'

export interface ImageAnswer {
  readonly data: readonly { readonly url?: string; readonly b64_json?: string; readonly revised_prompt?: string }[]
  readonly [name: string]: unknown
}

/** The path of a stored image. */
export const kept = /\/images\/img_[0-9a-f]{32}$/

/** Starts gateways that store images of up to 4 KiB. */
export function createImageStarters(start: StartStoredGateway, { startUpstream }: Surroundings) {
  async function startGateway(env: Readonly<Record<string, string>> = {}) {
    const upstream = await startUpstream()
    const config = { images: { max_bytes: 4_096 } }
    return { upstream, gateway: await start({ env: { ...toOpenAIEnv(upstream), ...env }, config }) }
  }

  /** Its provider responds with a URL of these bytes. */
  async function startWithImage(bytes: Buffer, type = 'image/png', env: Readonly<Record<string, string>> = {}) {
    const { upstream, gateway } = await startGateway(env)
    const data = [{ url: `${upstream.url}/files/a.png`, revised_prompt: 'A weir at dawn' }]
    upstream.on('/v1/images/generations', json(200, { created: 1713833628, data }))
    upstream.on('/files/a.png', answer([bytes], { headers: { 'content-type': type } }))
    return { upstream, gateway }
  }

  return { startGateway, startWithImage }
}

export function post(
  gateway: Gateway,
  request: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/v1/images/generations`, {
    method: 'POST',
    headers: { ...bearer, ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'A weir', ...request }),
  })
}

export async function generate(gateway: Gateway, request: object, headers: Readonly<Record<string, string>> = {}) {
  const response = await post(gateway, request, headers)
  return { status: response.status, headers: response.headers, body: (await response.json()) as ImageAnswer }
}

/** Expects the provider's own URL, and a header that reports it. */
export async function expectLeft(gateway: Gateway, url: string): Promise<void> {
  const { status, headers, body } = await generate(gateway, { model: 'dall-e-3' })
  expect([status, headers.get('x-weir-images'), urlOf(body)]).toEqual([200, 'not-kept', url])
}

export function urlOf(body: ImageAnswer): string {
  return body.data[0]?.url ?? 'no URL'
}

export function pathOf(body: ImageAnswer): string {
  return new URL(urlOf(body)).pathname
}

export function idOf(path: string): string {
  return path.slice('/images/'.length)
}
