import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ask, type Question } from '../../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../../support/describe-on-both.ts'
import { createGate } from '../../support/gate.ts'
import { bearer, gatewayToken } from '../../support/gateway.ts'
import { openRawClient } from '../../support/raw-client.ts'
import type { ScriptedUpstream } from '../../support/scripted-upstream.ts'
import { toRequestBytes } from '../../support/to-request-bytes.ts'
import { after, answer, html500, json, reset, sse } from '../../support/upstream-scripts.ts'
import { openKeys } from '../open-keys.ts'

/** A dialect that Weir passes to its own provider, with the fixtures of that provider. */
export interface NativeDialect {
  readonly name: string
  /** The key and the address of the provider. */
  toEnv(upstream: ScriptedUpstream): Readonly<Record<string, string>>
  readonly call: Question
  readonly streamed: Question
  /** The events of a complete stream. */
  readonly stream: readonly string[]
  /** `never` if the last event ends the stream, though the provider keeps the connection open. */
  readonly ending: 'complete' | 'never'
  readonly heartbeat: RegExp
  /** A stream of 20 texts, `four letters of text`, and what a record counts of it. */
  readonly longStream: readonly string[]
  readonly longUsage: { readonly input_tokens: number; readonly output_tokens?: number }
  /** An error that the provider reports, and its event. */
  readonly failure: { readonly status: number; readonly body: object; readonly event: string }
  /** The statuses, the text and the headers of errors of the provider. */
  readonly errors: {
    readonly statuses: readonly number[]
    readonly text: string
    readonly relayed: Readonly<Record<string, string>>
    readonly removed: Readonly<Record<string, string>>
  }
  /** The provider's answer to a wrong key. */
  readonly refusedKey: object
  /** An error of Weir within a response. */
  toError(status: 500 | 502): object
  /** Matches the event of an error of Weir. `code` is a pattern. */
  toErrorEvent(code: string): RegExp
  readonly count: { readonly request: Question; readonly response: object; readonly operation: string }
}

/** Tests what every dialect promises that its own provider serves. */
export function describeNativeDialect(dialect: NativeDialect): void {
  const { name, call, streamed, stream, failure, errors, count } = dialect
  const whole = { doneAtEnd: false }
  const half = Math.floor(stream.length / 2)
  const isCall = ({ event }: { readonly event?: unknown }) => event === 'call'

  describeOnBoth(`${name} for its own provider`, (_start, { share }) => {
    const open = (config: object = {}) =>
      share((upstream) => ({ env: { ...dialect.toEnv(upstream), TOKEN: gatewayToken }, config }))

    test('streams at once, byte for byte, and ends with its last event (R18)', async () => {
      const { upstream, gateway } = await open()
      const [first = '', ...rest] = stream
      const gate = createGate()
      upstream.respond(sse([first, gate, ...rest], { ...whole, ending: dialect.ending }))
      const client = await openRawClient(gateway.url)
      await client.send(toRequestBytes({ ...streamed, headers: bearer }))
      const response = await client.startResponse()
      await response.bodyUntil(first)
      gate.open()
      const result = await response.whole()
      expect(result.header('content-type')).toContain('text/event-stream')
      expect([result.isComplete, result.text]).toEqual([true, stream.join('')])
      client.destroy()
    })

    test.each([
      ['R11 breaks', { ending: 'reset' }, half, 'upstream_unreachable|upstream_interrupted'],
      ['R12 ends early', { framing: 'close' }, half, 'upstream_interrupted'],
      ['R12 ends before its last event', { framing: 'close' }, stream.length - 1, 'upstream_interrupted'],
    ] as const)(
      'a stream that %s gets an error event, and no last event',
      async (_how, options, cutAfterEvents, code) => {
        const { upstream, gateway } = await open()
        const passed = stream.slice(0, cutAfterEvents)
        upstream.respond(sse(stream, { ...whole, ...options, cutAfterEvents }))
        const { text } = await ask(gateway, streamed)
        expect(text.startsWith(passed.join(''))).toBe(true)
        // A blank line ends what may be half an event, if workerd relays the stream.
        expect(text.slice(passed.join('').length).trimStart()).toMatch(dialect.toErrorEvent(code))
        expect(text).not.toContain(stream.at(-1))
        expect(await gateway.findLog(isCall)).toMatchObject({ outcome: 'interrupted' })
      },
    )

    test('R11 passes an error of the provider within a stream', async () => {
      const { upstream, gateway } = await open()
      const events = [stream[0] ?? '', failure.event]
      upstream.respond(sse(events, whole))
      expect((await ask(gateway, streamed)).text).toBe(events.join(''))
      expect(await gateway.findLog(isCall)).toMatchObject({ outcome: 'upstream_error' })
    })

    test('a stream that begins with an error has the status of the error', async () => {
      const { upstream, gateway } = await open()
      upstream.respond(sse([failure.event], whole))
      const result = await ask(gateway, streamed)
      expect([result.status, JSON.parse(result.text)]).toEqual([failure.status, failure.body])
    })

    test('an error after the headers were sent is an event', async () => {
      const { upstream, gateway } = await open({ streams: { hold_headers_ms: 50 } })
      const gate = createGate()
      upstream.respond(after(gate, json(failure.status, failure.body)))
      const asked = ask(gateway, streamed)
      await pause(200)
      gate.open()
      const result = await asked
      const text = result.text.replace(dialect.heartbeat, '')
      expect([result.status, text.trimEnd()]).toEqual([200, failure.event.trimEnd()])
    })

    test.each(errors.statuses)('passes an error %i of the provider unmodified', async (status) => {
      const { upstream, gateway } = await open()
      const headers = { 'content-type': 'application/json', ...errors.relayed, ...errors.removed }
      upstream.respond(answer([errors.text], { status, headers }))
      for (const request of [call, streamed]) {
        const result = await ask(gateway, request)
        expect([result.status, result.text]).toEqual([status, errors.text])
        for (const [header, value] of Object.entries(errors.relayed)) expect(result.header(header)).toBe(value)
        for (const header in errors.removed) expect(result.header(header)).toBeUndefined()
      }
    })

    test.each([
      ['R10 a page', html500(), 500],
      ['R10 a 200 without a result', json(200, { ok: true }), 502],
      ['R10 an empty 200', answer([''], { headers: { 'content-type': 'application/json' } }), 502],
      ['a lost connection', reset(), 502],
      ['a refused key', json(401, dialect.refusedKey), 502],
    ] as const)('%s becomes an error in the shape of the dialect', async (_what, script, status) => {
      const { upstream, gateway } = await open()
      upstream.respond(script)
      const result = await ask(gateway, call)
      expect([result.status, JSON.parse(result.text)]).toMatchObject([status, dialect.toError(status)])
    })

    test('R04 a caller who leaves a stream cancels it, and pays for what passed', async () => {
      // workerd notices that a caller left when it writes.
      const { upstream, gateway } = await open({ streams: { heartbeat_ms: 50 } })
      upstream.respond(sse(dialect.longStream, { ...whole, ending: 'never' }))
      const client = await openRawClient(gateway.url)
      await client.send(toRequestBytes({ ...streamed, headers: bearer }))
      await (await client.startResponse()).bodyUntil((bytes) => bytes.toString().split('four letters').length > 20)
      client.destroy()
      await (await upstream.nextRequest()).closed
      expect(await gateway.findLog(isCall)).toMatchObject({ outcome: 'client_gone', ...dialect.longUsage })
    })

    test('counts tokens at the provider', async () => {
      const { upstream, gateway } = await open()
      upstream.respond(json(200, count.response))
      const result = await ask(gateway, count.request)
      expect([result.status, result.text]).toEqual([200, JSON.stringify(count.response)])
      expect((await upstream.nextRequest()).target).toBe(count.request.target)
    })
  })

  describeOnBothStored(`the usage of ${name}`, (start, { startUpstream }) => {
    test('of a count of tokens is nothing', async () => {
      const upstream = await startUpstream()
      upstream.respond(json(200, count.response))
      const env = dialect.toEnv(upstream)
      const { gateway, create, call: askWith } = await openKeys({ start, startUpstream }, { env })
      const key = await create({ limits: { budgets: [{ usd: 0.000001, per: 'total' }] } })
      expect((await askWith(key, count.request)).status).toBe(200)
      await gateway.flushLedger()
      expect(await gateway.sql('SELECT * FROM call_records')).toMatchObject([
        { operation: count.operation, input_tokens: 0, output_tokens: 0, cost_nano: 0, outcome: 'ok' },
      ])
    })
  })
}
