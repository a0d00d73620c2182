/**
 * Detects from the first bytes of a body whether it is an event stream or JSON, and extracts the data of its events.
 * Each byte is examined once.
 */
export class FirstBytes {
  #content: 'events' | 'json' | 'other' | undefined
  /** Index of the next byte to examine. */
  #at = 0
  #lineStart = 0
  /** The data lines of the current event. */
  #lines: string[] = []

  /** Undefined while too few bytes have arrived: white space only, or a part of a field name. */
  get content(): 'events' | 'json' | 'other' | undefined {
    return this.#content
  }

  /** Examines the bytes added since the last call; `beginning` holds all. Returns the data of the next whole event. */
  nextData(beginning: Uint8Array): string | undefined {
    if (this.#content === undefined) this.#findContent(beginning)
    if (this.#content !== 'events') return undefined
    while (this.#at < beginning.length) {
      const at = this.#at++
      const byte = beginning[at]
      if (byte !== lineFeed && byte !== carriageReturn) continue
      const start = this.#lineStart
      this.#lineStart = at + 1
      // The second byte of CR LF ends no line.
      if (byte === lineFeed && at === start && beginning[at - 1] === carriageReturn) continue
      if (at > start) {
        if (beginning[start] !== letterD) continue
        const line = decoder.decode(beginning.subarray(start, at))
        if (line.startsWith('data:')) this.#lines.push(line.slice('data:'.length))
      } else if (this.#lines.length > 0) {
        const data = this.#lines.join('\n').trim()
        this.#lines = []
        return data
      }
    }
    return undefined
  }

  #findContent(beginning: Uint8Array): void {
    while (blanks.has(beginning[this.#at] ?? 0)) this.#at++
    this.#lineStart = this.#at
    const head = decoder.decode(beginning.subarray(this.#at, this.#at + maxFieldLength))
    if (head.startsWith('{') || head.startsWith('[')) this.#content = 'json'
    else if (fields.some((field) => head.startsWith(field))) this.#content = 'events'
    else if (!fields.some((field) => field.startsWith(head))) this.#content = 'other'
  }
}

/** Returns the data of all events of a whole body; empty if it has none. */
export function dataOfEvents(body: Uint8Array): readonly string[] {
  // The end of the body also ends its last event.
  const bytes = new Uint8Array(body.length + 2).fill(lineFeed)
  bytes.set(body)
  const first = new FirstBytes()
  const found: string[] = []
  for (let data = first.nextData(bytes); data !== undefined; data = first.nextData(bytes)) found.push(data)
  return found
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const letterD = 0x64

/** White space, and a byte order mark. */
const blanks: ReadonlySet<number> = new Set([0x09, lineFeed, carriageReturn, 0x20, 0xef, 0xbb, 0xbf])

/** The prefixes of lines in an event stream; the first is a comment's. */
const fields = [':', 'data:', 'event:', 'id:', 'retry:']
const maxFieldLength = 'event:'.length

const decoder = new TextDecoder()
