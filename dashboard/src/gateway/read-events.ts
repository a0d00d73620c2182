import { RequestFailure } from './request-failure.ts'

/** Maximum size of an event. No language model sends longer ones; the page stops reading instead of filling memory. */
const maxEventCharacters = 16 * 1024 * 1024

/**
 * Yields the data of each server-sent event in order, as soon as its last line arrives. Skips comments, events without data
 * and an event that the end of the stream cuts off. Throws RequestFailure if the stream fails; cancels the stream if the
 * caller stops early.
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void, void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const parse = createEventParser()
  const read = () =>
    reader.read().catch((cause) => Promise.reject(new RequestFailure('interrupted', '', {}, { cause })))
  try {
    for (let part = await read(); !part.done; part = await read()) yield* parse(part.value)
  } finally {
    // A stream that has failed already rejects; the caller knows that from the read.
    await reader.cancel().catch(() => undefined)
  }
}

/** Returns a function that takes the stream in chunks of any size and returns the data of each event that a chunk completes. */
export function createEventParser(): (text: string) => string[] {
  const cutLines = createLineCutter()
  let data: string[] = []
  let characters = 0

  const finishEvent = () => {
    const event = data.join('\n')
    data = []
    characters = 0
    return event
  }
  const takeLine = (line: string) => {
    if (line === '') return finishEvent()
    const value = readData(line)
    if (value !== undefined) data.push(value)
    characters += line.length
    refuseOver(characters)
    return ''
  }
  return (text) =>
    cutLines(text)
      .map(takeLine)
      .filter((event) => event !== '')
}

function createLineCutter(): (text: string) => string[] {
  let unfinished = ''
  let endedInReturn = false
  return (text) => {
    // A chunk may end between CR and LF. The CR has ended the line already: no event waits for the next chunk.
    const fresh = endedInReturn && text.startsWith('\n') ? text.slice(1) : text
    if (text !== '') endedInReturn = text.endsWith('\r')
    const lines = (unfinished + fresh).split(/\r\n|\r|\n/)
    unfinished = lines.pop() ?? ''
    refuseOver(unfinished.length)
    return lines
  }
}

function refuseOver(characters: number): void {
  if (characters > maxEventCharacters) throw new RequestFailure('unreadable')
}

function readData(line: string): string | undefined {
  if (line === 'data') return ''
  if (!line.startsWith('data:')) return undefined
  return line.slice(line.startsWith('data: ') ? 6 : 5)
}
