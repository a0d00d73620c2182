import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { AbortSwitch } from '../../src/core/abort-switch.ts'
import { gather, toByteStream } from '../../src/core/byte-stream.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { type Api, type OperationName, operations } from '../../src/dialects/operations.ts'
import { nodeClock } from '../../src/platform/node/node-clock.ts'
import { createUndiciTransport } from '../../src/platform/node/upstream/undici-transport.ts'
import { credentialHeaders } from '../../src/providers/forward-headers.ts'
import type { JsonBody, Provider, ProviderCall, ProviderContext } from '../../src/providers/provider.ts'
import type { ProviderKind, ProviderSettings } from '../../src/providers/provider-kind.ts'
import { createProvider } from '../../src/providers/provider-kinds.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { json, silent } from '../support/upstream-scripts.ts'

const money = readFileSync(new URL('../../docs/money.md', import.meta.url), 'utf8')

/** The expected facts of a kind, and the requests that its upstream receives. */
export interface ExpectedKind {
  /** Configuration keys that a provider of this kind needs or may have, beside `base_url` and `api_key`. */
  readonly config: object
  /** The settings of the kind's own keys that result from `config`. */
  readonly settings: object
  /** Undefined for a kind that sends no requests. */
  readonly upstream: ExpectedUpstream | undefined
}

export interface ExpectedUpstream {
  /** The headers that hold a key in a call of an API. */
  toKeyHeaders(key: string, api: Api): Readonly<Record<string, string>>
  /** Path and query below the base URL, for the model `m/1 x`. */
  toTarget(path: string, name: OperationName): string
  /** Path and query of a relayed endpoint, `/files/f_1?limit=2`. */
  readonly passthroughTarget: string
  /** A model's name, and the upstream's own name of it. */
  readonly ownModel: readonly [requested: string, own: string]
}

const key = 'key-of-a-contract-test-6c1d'
const model = 'm/1 x'
const text = `{"model" : "${model}","seed":9007199254740993}`
const body: JsonBody = { kind: 'json', text, object: JSON.parse(text) }

/** Tests a provider kind against its declaration. */
export function describeKind(kind: ProviderKind, expected: ExpectedKind): void {
  describe(`${kind.kind} as a provider kind`, () => {
    const hasUpstream = kind.baseUrl !== undefined
    const account = hasUpstream ? { base_url: 'https://upstream.example/base', api_key: key } : {}

    it('is selected by its name, and reads its own keys', () => {
      const config = { ...account, ...expected.config }
      for (const provider of [read({ [kind.kind]: config }), read({ it: { ...config, kind: kind.kind } })])
        expect(provider).toMatchObject({ kind: kind.kind, onCallerGone: kind.onCallerGone, ...expected.settings })
      const drained = read({ it: { ...config, kind: kind.kind, on_caller_gone: 'drain' } })
      expect(drained.onCallerGone).toBe('drain')
    })

    it('has unique variables, each of which sets an existing key', () => {
      const common = hasUpstream ? ['api_key', 'base_url', 'models'] : ['models']
      const names = kind.env.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
      for (const variable of kind.env) {
        expect(variable.name).toMatch(/^[A-Z][A-Z0-9_]*$/)
        expect([...common, ...Object.keys(kind.configSchema)]).toContain(variable.key)
      }
    })

    it('declares each dialect once', () => {
      const { dialects: _, ...config } = { dialects: [], ...expected.config }
      const provider = createProvider(read({ it: { ...account, ...config, kind: kind.kind } }))
      expect(provider.dialects).toEqual(kind.dialects)
      expect(provider.dialects.length).toBeGreaterThan(0)
      expect(new Set(provider.dialects).size).toBe(provider.dialects.length)
      expect(provider.acceptsOwnKey).toBe(kind.acceptsOwnKey ?? false)
    })

    it('lists its models and the operator’s, each once', () => {
      const config = { ...account, ...expected.config, kind: kind.kind, models: ['mine/new', 'mine/new'] }
      const ids = createProvider(read({ it: config })).models.map(({ id }) => id)
      expect(ids).toContain('mine/new')
      expect(new Set(ids).size).toBe(ids.length)
    })

    it('declares its output limit with source and date, or as unknown, and docs/money.md agrees', () => {
      const { outputLimit } = kind
      const row = money.split('\n').find((line) => line.startsWith(`| \`${kind.kind}\` |`))
      if (outputLimit === 'unknown') {
        expect(row).toContain('| not known |')
        return
      }
      expect(row).toContain(`| ${outputLimit.includesReasoning ? 'yes' : 'no'} |`)
      expect(row).toContain(outputLimit.checkedOn)
      expect(outputLimit.source).toMatch(/^(https:\/\/|src\/providers\/)/)
      expect(outputLimit.checkedOn).toMatch(/^20\d\d-[01]\d-[0-3]\d$/)
      for (const { dialect, names, min } of outputLimit.fields) {
        expect(row).toContain(`\`${names[0]}\` (${dialect.id})`)
        if (min !== undefined) expect(row).toContain(`${min} or more`)
        for (const alias of names.slice(1)) expect(row).toContain(`or \`${alias}\``)
        expect(kind.dialects).toContain(dialect)
        for (const each of names) {
          expect(dialect.boundRequest(toMember(each, 77))).toMatchObject({ maxOutputTokens: 77 })
          expect(dialect.outputLimit?.read(toMember(each, 77), names)).toBe(77)
        }
        expect(dialect.outputLimit?.toMembers({}, names, 77)).toEqual(toMember(names[0], 77))
      }
      for (const member of outputLimit.excludedBy ?? []) expect(row).toContain(`not beside \`${member}\``)
      expect(new Set(outputLimit.fields.map(({ dialect }) => dialect)).size).toBe(outputLimit.fields.length)
    })

    it('accepts an operator’s declaration of an unknown output limit (case C4)', () => {
      if (!Object.hasOwn(kind.configSchema, 'output_limit')) return
      const config = { ...account, ...expected.config, kind: kind.kind, output_limit: 'max_tokens' }
      const { outputLimit } = createProvider(read({ it: config }))
      expect(outputLimit).toMatchObject({
        includesReasoning: true,
        fields: [{ names: ['max_tokens'] }, {}, {}, {}, {}],
      })
    })

    it('declares whether it bills abandoned responses, and docs/money.md agrees', () => {
      const row = money.split('\n').findLast((line) => line.startsWith(`| \`${kind.kind}\` |`))
      const words = { yes: 'yes', no: 'no', unknown: 'not known, taken for yes' }
      expect(row).toContain(`| ${words[kind.billsAbandoned]} |`)
      const provider = createProvider(read({ it: { ...account, ...expected.config, kind: kind.kind } }))
      expect(provider.billsAbandoned).toBe(kind.billsAbandoned !== 'no')
      const unmoved = kind.baseUrl?.default === undefined ? account : { api_key: key }
      const atVendor = createProvider(read({ it: { ...unmoved, ...expected.config, kind: kind.kind } }))
      expect(atVendor.outputLimit).toEqual(kind.outputLimit)
    })
  })
  if (expected.upstream !== undefined) describeUpstream(kind, expected, expected.upstream)
}

function describeUpstream(kind: ProviderKind, { config }: ExpectedKind, expected: ExpectedUpstream): void {
  describe(`${kind.kind} with its upstream`, () => {
    const closers: (() => Promise<unknown>)[] = []
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close()
    })

    async function open(changes: object = {}): Promise<OpenProvider> {
      const upstream = await startScriptedUpstream()
      upstream.respond(json(200, { ok: true }))
      const transport = createUndiciTransport()
      closers.push(upstream.close, transport.close)
      const account = { kind: kind.kind, base_url: `${upstream.url}/base/`, api_key: key, ...config, ...changes }
      const provider = createProvider(read({ it: account }))
      return { provider, upstream, context: { transport, clock: nodeClock, signal: new AbortSwitch() } }
    }

    const { dialects } = createProvider(
      read({ it: { kind: kind.kind, base_url: 'https://upstream.example', api_key: key, ...config } }),
    )
    const supported = Object.values(operations).filter(({ dialect }) => dialects.includes(dialect))

    // The preferred dialect stands first.
    const first = supported.find(({ dialect }) => dialect === dialects[0]) ?? operations['chat.completions']
    const ownApi = first.api

    function toCall(): ProviderCall {
      const operation = first
      return { operation, model, isStream: false, body, query: '', headers: {}, ownKey: undefined }
    }

    it('sends each supported operation to its path, with the key and an unchanged body', async () => {
      const { provider, upstream, context } = await open()
      expect(supported.length).toBeGreaterThan(0)
      for (const operation of supported) {
        const response = await provider.send({ ...toCall(), operation }, context)
        expect(response.status).toBe(200)
        await gather(response.body)
        const { method, target, headers, bodyText } = await upstream.nextRequest()
        expect(`${method} ${target}`).toBe(`POST /base${expected.toTarget(operation.path, operation.name)}`)
        expect(bodyText).toBe(text)
        expect(headers).toMatchObject({
          ...expected.toKeyHeaders(key, operation.api),
          'content-type': 'application/json',
        })
        expect(headers['anthropic-version']).toBe(operation.api === 'anthropic' ? '2023-06-01' : undefined)
      }
    })

    it('keeps the caller’s query', async () => {
      const { provider, upstream, context } = await open()
      await provider.send({ ...toCall(), query: '?a=1' }, context)
      const { target } = await upstream.nextRequest()
      expect(target.startsWith('/base/')).toBe(true)
      expect(new URL(target, upstream.url).searchParams.get('a')).toBe('1')
    })

    it('sends the operator’s headers over the caller’s, and the key over both', async () => {
      const [keyHeader = ''] = Object.keys(expected.toKeyHeaders(key, ownApi))
      const headers = { 'x-team': 'blue', 'x-title': 'operator', [keyHeader]: 'no key' }
      const { provider, upstream, context } = await open({ headers })
      const callers = { 'x-title': 'caller', 'openai-beta': 'x=1', [keyHeader]: 'of the caller' }
      await provider.send({ ...toCall(), headers: callers }, context)
      expect((await upstream.nextRequest()).headers).toMatchObject({
        'x-team': 'blue',
        'x-title': 'operator',
        'openai-beta': 'x=1',
        ...expected.toKeyHeaders(key, ownApi),
      })
    })

    it('sends the caller’s own key in place of the stored one', async () => {
      const { provider, upstream, context } = await open()
      await provider.send({ ...toCall(), ownKey: 'key-of-a-caller-9f20' }, context)
      const { headers, rawHeaders } = await upstream.nextRequest()
      expect(headers).toMatchObject(expected.toKeyHeaders('key-of-a-caller-9f20', ownApi))
      expect(JSON.stringify(rawHeaders)).not.toContain(key)
    })

    it('S102 sends the caller’s own credential unchanged and alone, in each of its headers, and asks for no models', async () => {
      const changes = { api_key: undefined, caller_credentials: 'pass', headers: { 'x-team': 'blue' } }
      const { provider, upstream, context } = await open(changes)
      expect(provider).toMatchObject({
        passesCallerCredentials: true,
        acceptsOwnKey: false,
        holdsKey: false,
        reportsModels: false,
        unavailableReason: undefined,
      })
      const headers = Object.fromEntries(credentialHeaders.map((name) => [name, `${name} of the caller`]))
      expect(provider.credentialHeaders.length).toBeGreaterThan(0)
      expect(provider.credentialHeaders).toEqual(
        expect.arrayContaining(Object.keys(expected.toKeyHeaders(key, ownApi))),
      )
      for (const name of provider.credentialHeaders) {
        await provider.send({ ...toCall(), headers, credential: { [name]: 'Scheme  credential' } }, context)
        const sent = (await upstream.nextRequest()).headers
        expect(Object.fromEntries(credentialHeaders.map((each) => [each, sent[each]]))).toEqual({
          ...Object.fromEntries(credentialHeaders.map((each) => [each, undefined])),
          [name]: 'Scheme  credential',
        })
        expect(sent).toMatchObject({ 'x-team': 'blue' })
      }
    })

    it('streams a form with its type and length', async () => {
      const { provider, upstream, context } = await open()
      const bytes = new TextEncoder().encode('--b\r\n\r\nform\r\n--b--\r\n')
      const form = { kind: 'raw', contentType: 'multipart/form-data; boundary=b', length: bytes.length } as const
      const operation = operations['audio.transcriptions']
      if (!supported.includes(operation)) return
      await provider.send({ ...toCall(), operation, body: { ...form, stream: toByteStream(bytes) } }, context)
      const { headers, bodyBytes } = await upstream.nextRequest()
      expect(headers).toMatchObject({ 'content-type': form.contentType, 'content-length': String(form.length) })
      expect(new Uint8Array(bodyBytes)).toEqual(bytes)
    })

    it('uses its own name of a model', async () => {
      const { provider } = await open()
      const [requested, own] = expected.ownModel
      expect(provider.toOwnModel?.(requested) ?? requested).toBe(own)
    })

    it('relays an endpoint that Weir does not understand', async () => {
      const { provider, upstream, context } = await open()
      const call = {
        method: 'GET',
        path: '/files/f_1',
        query: '?limit=2',
        headers: {},
        body: { kind: 'none' },
      } as const
      expect((await provider.passThrough(call, context)).status).toBe(200)
      const { method, target, headers } = await upstream.nextRequest()
      expect(`${method} ${target}`).toBe(`GET /base${expected.passthroughTarget}`)
      expect(headers).toMatchObject(expected.toKeyHeaders(key, ownApi))
      expect(headers).not.toHaveProperty('content-type')
    })

    it('returns the upstream’s response unchanged, also an error', async () => {
      const { provider, upstream, context } = await open()
      upstream.respond(json(429, { error: { message: 'Later.' } }, { headers: { 'retry-after': '3' } }))
      const response = await provider.send(toCall(), context)
      expect(response).toMatchObject({ status: 429, headers: { 'retry-after': '3' } })
      expect(new TextDecoder().decode(await gather(response.body))).toBe('{"error":{"message":"Later."}}')
    })

    it('closes the upstream connection when its signal aborts', async () => {
      const { provider, upstream, context } = await open()
      upstream.respond(silent())
      const signal = new AbortSwitch()
      const sent = provider.send(toCall(), { ...context, signal })
      const exchange = await upstream.nextRequest()
      signal.abort(new Error('the caller has left'))
      await expect(sent).rejects.toThrow()
      await exchange.closed
    })

    it('names the variable to set if it needs a key and has none', async () => {
      const { provider } = await open()
      expect(provider.unavailableReason).toBeUndefined()
      const vendorUrl = kind.baseUrl?.default
      const keyless = { it: { kind: kind.kind, base_url: vendorUrl ?? 'https://upstream.example', ...config } }
      if (!kind.needsKey) {
        expect(createProvider(read(keyless)).unavailableReason).toBeUndefined()
        return
      }
      expect(() => read(keyless)).toThrow(/providers\.it\.api_key: is missing/)
      if (vendorUrl === undefined) return
      // If callers may send their own keys, a call without one is refused.
      const variable = kind.env.find((candidate) => candidate.key === 'api_key')?.name
      const { unavailableReason } = createProvider(read(keyless, { bring_your_own_key: true }))
      expect(unavailableReason).toContain(`API key is not configured. Set ${variable} on the server.`)
    })

    it('has a default base URL, or requires one', () => {
      const vendorUrl = kind.baseUrl?.default
      if (vendorUrl === undefined)
        expect(() => read({ it: { kind: kind.kind, api_key: key, ...config } })).toThrow(/base_url: is missing/)
      else expect(read({ it: { kind: kind.kind, api_key: key, ...config } }).baseUrl).toBe(vendorUrl)
    })
  })
}

interface OpenProvider {
  readonly provider: Provider
  readonly upstream: ScriptedUpstream
  readonly context: ProviderContext
}

/** Returns an object with a value at a path, such as `a.b`. */
function toMember(path: string, value: number): JsonObject {
  const [name = '', ...rest] = path.split('.')
  return { [name]: rest.length === 0 ? value : toMember(rest.join('.'), value) }
}

/** Returns the settings of the first provider of a configuration. */
function read(providers: object, access: object = {}): ProviderSettings {
  const [settings] = parseSettings({ env: {}, config: { providers, access }, platform: 'workers' }).providers
  if (settings === undefined) throw new Error('no provider is configured')
  return settings
}
