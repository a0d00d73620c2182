import { RequestFailure } from './request-failure.ts'

/** An event longer than this is not one that a language model sends; the reader gives up rather than fill the memory. */
const maxEventCharacters = 16 * 1024 * 1024

/**
 * The data of each server-sent event, in order, as soon as its last line is there. Comments and events without data are
 * skipped, and so is an event that the stream breaks off. Throws RequestFailure when the stream itself fails, and cancels it
 * when the caller stops early.
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
    // The stream may have failed already, which the caller knows from the read.
    await reader.cancel().catch(() => undefined)
  }
}

/** Takes the text piece by piece, however it was cut, and gives back the data of the events that each piece completes. */
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
    // A CRLF may be cut in two. Its CR has ended the line already, so that no event waits for the piece after it.
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
