import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEventSplitter, type EventView, toEventText } from '../../src/sse/split-events.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

interface Judged {
  readonly text: string
  readonly hasData: boolean
}

interface Run {
  /** The bytes that the splitter returned, decoded. */
  readonly passed: string
  readonly judged: readonly Judged[]
  readonly rest: string
}

describe('createEventSplitter', () => {
  test.each([
    { name: 'LF', text: 'data: a\n\ndata: b\n\n', events: ['data: a\n\n', 'data: b\n\n'] },
    { name: 'CR LF', text: 'data: a\r\n\r\ndata: b\r\n\r\n', events: ['data: a\r\n\r\n', 'data: b\r\n\r\n'] },
    { name: 'CR', text: 'data: a\r\rdata: b\r\r', events: ['data: a\r\r', 'data: b\r\r'] },
    { name: 'mixed line ends', text: 'data: a\r\n\ndata: b\n\r\n', events: ['data: a\r\n\n', 'data: b\n\r\n'] },
    { name: 'a BOM', text: '\uFEFFdata: a\n\n', events: ['\uFEFFdata: a\n\n'] },
    { name: 'no space', text: 'data:a\n\n', events: ['data:a\n\n'] },
    { name: 'no colon', text: 'data\n\n', events: ['data\n\n'] },
    { name: 'several data lines', text: 'data: a\ndata: b\n\n', events: ['data: a\ndata: b\n\n'] },
    { name: 'blank lines before', text: '\n\ndata: a\n\n', events: ['\n\ndata: a\n\n'] },
    { name: 'more blank lines after', text: 'data: a\n\n\ndata: b\n\n', events: ['data: a\n\n', '\ndata: b\n\n'] },
    { name: 'a comment', text: ': ping\n\ndata: a\n\n', events: [': ping\n\n', 'data: a\n\n'] },
    { name: 'control characters', text: 'data: \t\0\u0001\n\n', events: ['data: \t\0\u0001\n\n'] },
    {
      name: 'separators that are not line ends',
      text: 'data: \u2028\u2029\u0085\n\n',
      events: ['data: \u2028\u2029\u0085\n\n'],
    },
  ])('R32 ends an event at its blank line: $name', ({ text, events }) => {
    for (const size of [1, 2, 3, 1_000]) {
      const run = split(cut(encoder.encode(text), size))
      expect(
        run.judged.map((event) => event.text),
        `pieces of ${size}`,
      ).toEqual(events)
      expect(run.passed).toBe(text)
      expect(run.rest).toBe('')
    }
  })

  test('R32 waits for the LF of a split CR LF, and does not wait if lines end in CR', () => {
    const pair = split([encoder.encode('data: a\r\n\r'), encoder.encode('\ndata: b\r\n\r\n')])
    expect(pair.judged.map(({ text }) => text)).toEqual(['data: a\r\n\r\n', 'data: b\r\n\r\n'])
    const returns = split([encoder.encode('data: a\r\r')])
    expect(returns.judged.map(({ text }) => text)).toEqual(['data: a\r\r'])
    const mixed = split([encoder.encode('data: a\n\r'), encoder.encode('data: b\n\n')])
    expect(mixed.judged.map(({ text }) => text)).toEqual(['data: a\n\r', 'data: b\n\n'])
  })

  test('R32 returns an event whose LF never arrives before the events that follow', () => {
    const run = split([encoder.encode('data: a\r\n\r'), encoder.encode('data: b\n\ndata: c\n\n')])
    expect(run.judged.map(({ text }) => text)).toEqual(['data: a\r\n\r', 'data: b\n\n', 'data: c\n\n'])
    expect(run.passed).toBe('data: a\r\n\rdata: b\n\ndata: c\n\n')
  })

  test('R15 distinguishes content from comments, names and ids', () => {
    const text = ': ping\n\nevent: x\n\nid: 1\n\nretry: 5\n\ndata: a\n\nid: 2\ndata: b\n\n'
    expect(split([encoder.encode(text)]).judged.map(({ hasData }) => hasData)).toEqual([
      ...[false, false, false, false],
      ...[true, true],
    ])
  })

  test('R31 returns the length and the bytes of an unfinished event', () => {
    const splitter = createEventSplitter(() => true)
    splitter.push(encoder.encode('data: a\n\ndata: unfin'))
    splitter.push(encoder.encode('ished'))
    expect(splitter.restLength()).toBe('data: unfinished'.length)
    expect(decoder.decode(splitter.rest())).toBe('data: unfinished')
  })

  test('case D5: finds the end of a long event with any chunk boundaries', () => {
    for (const ending of ['\n\n', '\r\n\r\n', '\r\r']) {
      const text = `data: ${'a'.repeat(1_200_000)}${ending}`
      for (const cuts of [[], [1], [0, 2], [0, 1, 2, 3, 4]]) {
        const offsets = cuts.map((cut) => text.length - cut)
        const pieces = cutAt(encoder.encode(`${text}data: b\n\n`), [
          100_000,
          1_100_000,
          ...offsets.sort((a, b) => a - b),
        ])
        expect(split(pieces).judged.map(({ text, hasData }) => [text.length, hasData])).toEqual([
          [text.length, true],
          ['data: b\n\n'.length, true],
        ])
      }
    }
  })

  test('R32 drops the events that the judge drops, and nothing else', () => {
    const events = ['data: 1\n\n', 'data: drop\n\n', 'data: 2\n\n', 'data: 3\n\n', 'data: drop\n\n', 'data: 4\n\n']
    const keeps = (event: EventView): boolean => !textOf(event).includes('drop')
    for (const size of [1, 4, 7, 9, 10, 13, 1_000]) {
      const run = split(cut(encoder.encode(events.join('')), size), keeps)
      expect(run.passed, `pieces of ${size}`).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n')
    }
  })

  test('replaces events by bytes and by text in their order, with any chunk boundaries', () => {
    fc.assert(
      fc.property(
        aStream,
        someCuts,
        fc.infiniteStream(fc.constantFrom('keep', 'text', 'bytes', 'drop')),
        (events, cuts, choices) => {
          let expected = ''
          const splitter = createEventSplitter((event, chunkText) => {
            const text = toEventText(event, chunkText)
            expect(text).toBe(textOf(event).replace(/^\uFEFF/, ''))
            const choice = choices.next().value
            if (choice !== 'drop') expected += choice === 'keep' ? textOf(event) : `<${text}>`
            return (
              choice === 'keep' ||
              (choice !== 'drop' && (choice === 'text' ? `<${text}>` : encoder.encode(`<${text}>`)))
            )
          })
          const runs = cutAt(encoder.encode(events.join('')), cuts).flatMap((piece) => splitter.push(piece))
          expect(decoder.decode(concat(runs))).toBe(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('does not copy events that arrive in one chunk', () => {
    const chunk = encoder.encode('data: a\n\ndata: b\n\n')
    const runs = createEventSplitter(() => true).push(chunk)
    expect(runs).toHaveLength(1)
    expect(runs[0]?.buffer).toBe(chunk.buffer)
  })

  test('R32 returns the same bytes and judges the same events with any chunk boundaries', () => {
    fc.assert(
      fc.property(aStream, someCuts, (events, cuts) => {
        const bytes = encoder.encode(events.join(''))
        const whole = split([bytes])
        const pieces = split(cutAt(bytes, cuts))
        expect(pieces.passed).toBe(events.join(''))
        expect(pieces.judged).toEqual(whole.judged)
        expect(pieces.rest).toBe(whole.rest)
      }),
      { numRuns: 500 },
    )
  })

  test('R32 R53 judges the same events as a line parser, with any chunk boundaries', () => {
    fc.assert(
      fc.property(aStream, someCuts, (events, cuts) => {
        const text = events.join('')
        const seen: Seen[] = []
        const splitter = createEventSplitter((event) => {
          const { hasData, mayHaveUsage } = event
          return seen.push({ text: textOf(event), hasData, mayHaveUsage }) > 0
        })
        for (const piece of cutAt(encoder.encode(text), cuts)) splitter.push(piece)
        expect(seen).toEqual(readLines(text))
      }),
      { numRuns: 500 },
    )
  })

  test('R32 returns any bytes unchanged, and ends no event within a line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), someCuts, (bytes, cuts) => {
        const splitter = createEventSplitter(() => true)
        const runs = cutAt(bytes, cuts).flatMap((piece) => [...splitter.push(piece)].map((run) => run.slice()))
        expect(concat([...runs, splitter.rest()])).toEqual(bytes)
        for (const run of runs) expect([0x0a, 0x0d]).toContain(run.at(-1))
      }),
      { numRuns: 500 },
    )
  })

  test('R53 never misses a usage, with any chunk boundaries', () => {
    const spacing = fc.constantFrom('', ' ', '  ')
    const filler = fc.constantFrom('', '"a":{},', '"x":[{"y":"usage"}],', '"content":"{usage:{",', '"é😀":1,')
    fc.assert(
      fc.property(filler, spacing, spacing, someCuts, (before, left, right, cuts) => {
        const bytes = encoder.encode(`data: {${before}"usage"${left}:${right}{"prompt_tokens":1}}\n\n`)
        let mayHaveUsage = false
        const splitter = createEventSplitter((event) => {
          mayHaveUsage ||= event.mayHaveUsage
          return true
        })
        for (const piece of cutAt(bytes, cuts)) splitter.push(piece)
        expect(mayHaveUsage).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('distinguishes events with and without usage, because most events then need no parsing', () => {
    const seen: boolean[] = []
    const splitter = createEventSplitter(({ mayHaveUsage }) => seen.push(mayHaveUsage) > 0)
    const chunk = '{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"a"}}],"usage":null}'
    splitter.push(
      encoder.encode(`data: ${chunk}\n\ndata: {"choices":[],"usage":{"prompt_tokens":1}}\n\ndata: ${chunk}\n\n`),
    )
    expect(seen).toEqual([false, true, false])
  })
})

const anEnd = fc.constantFrom('\n', '\r\n', '\r')
const aText = fc.constantFrom(
  '',
  'a',
  ' ',
  '😀',
  '你好',
  'é',
  '👩🏽‍🚀',
  '\u2028',
  '{"usage":{"prompt_tokens":1}}',
  '{"é":1,"usage" : {"prompt_tokens":1}}',
  '{"usage":null}',
  '\uFEFF',
  ':',
  '[DONE]',
)
const aField = fc.constantFrom('data: ', 'data:', 'data', 'event: ', 'id: ', ': ', 'retry:')
const anEvent = fc.array(fc.tuple(aField, aText), { minLength: 1, maxLength: 4 })
/** Each stream uses one kind of line end: with CR before CR LF, the end of an event is ambiguous. */
const aStream = fc
  .tuple(
    fc.constantFrom('', '\uFEFF'),
    fc.array(anEvent, { maxLength: 8 }),
    fc.constantFrom('', 'data: unfinished'),
    anEnd,
  )
  .map(([before, events, after, end]) => [before, ...events.map((lines) => toEvent(lines, end)), after])
const someCuts = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 40 })

interface Seen extends Judged {
  readonly mayHaveUsage: boolean
}

/** A simple reference parser: the complete events of a stream with one kind of line end. */
function readLines(stream: string): Seen[] {
  const events: Seen[] = []
  let text = ''
  for (const [line, content = ''] of stream.matchAll(/([^\r\n]*)(?:\r\n|\n|\r)/g)) {
    const hasBegun = text.trim() !== ''
    text += line
    if (content !== '' || !hasBegun) continue
    events.push({ text, hasData: /^[d\uf000-\uffff]/m.test(text), mayHaveUsage: /"usage" *: *\{/.test(text) })
    text = ''
  }
  return events
}

function split(pieces: readonly Uint8Array[], keeps: (event: EventView) => boolean = () => true): Run {
  const judged: Judged[] = []
  const splitter = createEventSplitter((event) => {
    judged.push({ text: textOf(event), hasData: event.hasData })
    return keeps(event)
  })
  const runs = pieces.flatMap((piece) => [...splitter.push(piece)].map((run) => run.slice()))
  const rest = splitter.rest()
  return { passed: decoder.decode(concat([...runs, rest])), judged, rest: decoder.decode(rest) }
}

function toEvent(lines: readonly (readonly [field: string, text: string])[], end: string): string {
  return lines.map(([field, text]) => field + text + end).join('') + end
}

function textOf({ bytes, start, end }: EventView): string {
  return decoder.decode(bytes.subarray(start, end))
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return cutAt(
    bytes,
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => index * size),
  )
}

/** Splits bytes at the offsets. Offsets beyond the end, and equal ones, produce empty chunks. */
function cutAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const edges = [0, ...offsets, bytes.length].map((offset) => Math.min(offset, bytes.length)).sort((a, b) => a - b)
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
