/**
 * Tells by the first bytes of a body, as they come, whether it is a stream of events or JSON, and finds the data of its events. Each byte is looked
 * at once.
 */
export class FirstBytes {
  #content: 'events' | 'json' | 'other' | undefined
  /** The next byte to look at. */
  #at = 0
  #lineStart = 0
  /** The data lines of the event that is under way. */
  #lines: string[] = []

  /** Undefined while too few bytes have come: blanks alone, or half the name of a field. */
  get content(): 'events' | 'json' | 'other' | undefined {
    return this.#content
  }

  /** Looks at what has come since the last call; `beginning` is all that has come. Returns the data of the next event that has any and is whole. */
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

/** The data of all events of a body that is here as a whole; empty where it has none. */
export function dataOfEvents(body: Uint8Array): readonly string[] {
  // The end of the body ends its last event too.
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

/** The beginnings of lines of an event stream; the first is a comment's. */
const fields = [':', 'data:', 'event:', 'id:', 'retry:']
const maxFieldLength = 'event:'.length

const decoder = new TextDecoder()
