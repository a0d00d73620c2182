import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Settings } from '../../../src/config/settings.ts'
import type { ByteSink, ByteStream } from '../../../src/core/byte-stream.ts'
import { SecretFilter, secretsOf } from '../../../src/pipeline/stream/hide-secrets.ts'
import { createManualClock } from '../../storage/model/create-manual-clock.ts'
import { relayInTest } from '../../support/relay-in-test.ts'
import { silentTrace } from '../open-pipeline.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const key = 'sk-proj-4f9c/2b7e+81d0_5a36'
const secrets = [key, 'org-9a1b2c3d', 'pass"word+of-a-test']
const filter = new SecretFilter(secrets)
const hide = (text: string) => decoder.decode(filter.hide(encoder.encode(text)))
const hex = (character: string, length: number) => character.charCodeAt(0).toString(16).padStart(length, '0')
const asUnicode = (character: string) => `\\u${hex(character, 4)}`
const asPercent = (character: string) => `%${hex(character, 2)}`

/** One secret, each character in one of its spellings. */
const spelling = fc.constantFrom(...secrets).chain((secret) =>
  fc
    .tuple(
      ...[...secret].map((character) => {
        const plain = /["\\]/.test(character) ? `\\${character}` : character
        const slashed = character === '/' ? '\\/' : plain
        const [unicode, url] = [asUnicode(character), asPercent(character)]
        return fc.constantFrom(
          plain,
          slashed,
          unicode,
          unicode.replace(/[a-f]/g, (x) => x.toUpperCase()),
          url,
        )
      }),
    )
    .map((parts) => parts.join('')),
)

describe('case D6 a secret is hidden', () => {
  test.each([
    ['in plain form', key],
    ['with escaped slashes', key.replaceAll('/', '\\/')],
    ['escaped as JSON escapes for HTML', key.replaceAll(/[^\da-z]/g, asUnicode)],
    ['escaped throughout', [...key].map(asUnicode).join('')],
    ['in upper case escapes', [...key].map((each) => `\\u${hex(each, 4).toUpperCase()}`).join('')],
    ['encoded for a URL', encodeURIComponent(key)],
    ['encoded for a URL in lower case', key.replaceAll(/[^\da-z]/g, asPercent)],
    ['in JSON within JSON', JSON.stringify(key.replaceAll('/', '\\/')).slice(1, -1)],
  ])('%s', (_name, written) => {
    expect(hide(`{"error":"no key ${written}, ${written}${written}!"}`)).toBe(
      '{"error":"no key [hidden], [hidden][hidden]!"}',
    )
  })

  test('in every mixture of spellings, and nothing else is hidden', async () => {
    await fc.assert(
      fc.property(fc.string(), spelling, fc.string(), (before, written, after) => {
        // Half an escape before the secret would change the text.
        const [start, end] = [`${before.replaceAll(/[\\%]/g, '')}<`, `>${after}`]
        expect(hide(start + written + end)).toBe(`${start}[hidden]${end}`)
      }),
    )
  })

  test('and bytes without a secret are the same array', () => {
    for (const text of ['', 'sk-proj-', key.slice(1), key.slice(0, -1), 'a\\/b \\u002d %2f \\n', 'é'.repeat(100)]) {
      const bytes = encoder.encode(text)
      expect(filter.hide(bytes)).toBe(bytes)
    }
    const random = Uint8Array.from({ length: 65_536 }, (_, at) => (at * 7_919) % 256)
    expect(filter.hide(random)).toBe(random)
  })

  test('but placeholders for a key are not', () => {
    const words = ['EMPTY', 'ollama', 'lm-studio', 'sk-no-key-required']
    const bytes = encoder.encode(words.join(' '))
    expect(new SecretFilter(words).hide(bytes)).toBe(bytes)
  })

  test('in the value of any provider’s header, unless the header only identifies the client', () => {
    const settings = {
      providers: [
        { apiKey: 'key-of-the-first', headers: { 'x-account': 'account-7d1e', authorization: 'Bearer token-2f8a' } },
        {
          apiKey: undefined,
          headers: {
            'http-referer': 'https://example.com',
            'anthropic-version': '2023-06-01',
            'cf-access': 'cf-3b6d19',
          },
        },
      ],
      proxy: { https: 'http://user:pass%40word-0@proxy.test:3128', http: undefined, bypass: [] },
    } as unknown as Settings
    expect(secretsOf(settings)).toBe(secretsOf(settings))
    const text =
      'key-of-the-first account-7d1e token-2f8a cf-3b6d19 pass@word-0 pass%40word-0 https://example.com 2023-06-01'
    expect(secretsOf(settings).hideText(text)).toBe(
      '[hidden] [hidden] [hidden] [hidden] [hidden] [hidden] https://example.com 2023-06-01',
    )
  })
})

/** A relay whose client records its input. */
function open(isEvents: boolean) {
  let upstream: ByteSink | undefined
  let isCancelled = false
  const source: ByteStream = {
    start(sink) {
      upstream = sink
    },
    resume() {},
    cancel() {
      isCancelled = true
    },
  }
  const clock = createManualClock()
  const { stream, attempt } = relayInTest(source, { trace: silentTrace, stages: [], clock, isEvents, secrets })
  let got = ''
  return {
    attempt,
    got: () => got,
    isCancelled: () => isCancelled,
    start(offload?: () => boolean) {
      stream.start({
        write(chunk) {
          got += decoder.decode(chunk)
          return true
        },
        end() {
          got += 'END'
        },
        fail() {
          got += 'CUT'
        },
        ...(offload !== undefined && { offload }),
      })
    },
    async push(text: string) {
      upstream?.write(encoder.encode(text))
      await yieldToEventLoop()
    },
    async end(error?: Error) {
      if (error === undefined) upstream?.end()
      else upstream?.fail(error)
      await yieldToEventLoop()
    },
  }
}

const event = (text: string) => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`
const done = 'data: [DONE]\n\n'

describe('case D6 a stream', () => {
  test.each([true, false])('hides a secret however it is split, with events (%s) or without', async (isEvents) => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(spelling, sizes, async (written, lengths) => {
        const relayed = open(isEvents)
        relayed.start()
        const text = event('s') + event(`${written}, sk-`) + done
        for (let at = 0, turn = 0; at < text.length; turn++) {
          const length = lengths[turn % lengths.length] ?? 1
          await relayed.push(text.slice(at, at + length))
          at += length
        }
        await relayed.end()
        expect(relayed.got()).toBe(`${event('s')}${event('[hidden], sk-')}${done}END`)
      }),
      { numRuns: 60 },
    )
  })

  test('holds back only bytes that may begin a secret, and releases them at its end', async () => {
    const relayed = open(false)
    relayed.start()
    await relayed.push('sound or')
    expect(relayed.got()).toBe('sound ')
    await relayed.push(' words sk-proj')
    expect(relayed.got()).toBe('sound or words ')
    await relayed.end()
    expect(relayed.got()).toBe('sound or words sk-projEND')
  })

  test('does not show the start of a secret if it breaks off within one', async () => {
    const relayed = open(false)
    relayed.start()
    await relayed.push(`key ${key.slice(0, -1)}`)
    await relayed.end(new Error('reset'))
    expect(relayed.got()).toBe('key CUT')
  })

  test('is relayed natively only if no byte is held back', async () => {
    for (const [next, expected] of [
      ['', 1],
      ['s', 0],
    ] as const) {
      const relayed = open(true)
      let offers = 0
      relayed.start(() => {
        offers += 1
        return true
      })
      await relayed.push(event('a') + next)
      expect(offers).toBe(expected)
    }
  })

  test('that the platform relays natively breaks off with an error event once a secret is found in the copy', async () => {
    const relayed = open(true)
    relayed.start(() => true)
    await relayed.push(event('a'))
    await relayed.push(event(key))
    expect(relayed.got()).toMatch(/repeated a secret of this server.*\n\nEND$/)
    expect(relayed.got()).not.toContain('[DONE]')
    expect(relayed.isCancelled()).toBe(true)
  })
})
