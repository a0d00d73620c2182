import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gather, toByteStream } from '../../../src/core/byte-stream.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { parseFormType } from '../../../src/openai/form-boundary.ts'
import { isMetadataEntry, isReadField, toFormObject } from '../../../src/openai/form-fields.ts'
import { peekForm } from '../../../src/openai/peek-form.ts'
import { clientForms, oddForms, oddValues } from '../../openai/form-variants.ts'
import { openShare } from '../../support/open-share.ts'
import { arbitraryForm } from './arbitrary-form.ts'
import { type FormParser, formParsers, type ReadForm, type WireForm } from './form-parsers.ts'

/** `FORM_CASES=100000 npm test -- test/conformance/form-parsers` runs more. */
const cases = Number(process.env.FORM_CASES ?? 4_000)
const seed = Number(process.env.FORM_SEED ?? 20_261_129)

describe.each(await findParsers())('a form that Weir accepts, read by $name', (parser) => {
  test('S85 S58 case D1: has the same fields as in Weir, or is refused', async () => {
    const forms = fc.sample(arbitraryForm, { numRuns: cases, seed })
    const { taken, alike } = await compare(forms, parser)
    // If Weir refused every form, the test would prove nothing.
    expect(taken).toBeGreaterThan(cases / 10)
    expect(alike).toBeGreaterThan(cases / 20)
  }, 600_000)

  test('S85 case D1: has the fields that its client sent', async () => {
    const forms = clientForms.map(toWire)
    const read = await parser.readAll(forms)
    await compare(forms, parser)
    const refused = clientForms.filter((_form, index) => read[index] === undefined).map(({ how }) => how)
    // undici supports no escapes.
    expect(refused).toEqual(
      parser.name === 'undici' ? [expect.stringMatching(/^mime\/multipart of Go/), 'reqwest'] : [],
    )
  })

  test('S85 case D1: is none of the forms that Weir refuses', async () => {
    const { taken } = await compare([...oddForms, ...oddValues].map(toWire), parser)
    expect(taken).toBe(0)
  })
})

/** Finds the parsers that run on this machine and warns of each missing one. CI has all. */
async function findParsers(): Promise<readonly FormParser[]> {
  const found: FormParser[] = []
  for (const parser of formParsers) {
    const missing = await parser.missing()
    if (missing === undefined || process.env.FORM_PARSERS === 'all') found.push(parser)
    else console.warn(`!! Forms are not compared with ${parser.name}, which is not installed: ${missing}`)
  }
  return found
}

function toWire({ type, body }: { readonly type: string; readonly body: string }): WireForm {
  return { type, body: Buffer.from(body) }
}

/**
 * Counts the forms that Weir accepts, and those that the parser accepts too. Fails at the first form that they read
 * differently.
 */
async function compare(forms: readonly WireForm[], parser: FormParser) {
  const taken: (readonly [form: WireForm, fields: JsonObject])[] = []
  for (const form of forms) {
    const fields = await readByWeir(form)
    if (fields !== undefined) taken.push([form, fields])
  }
  const read = taken.length === 0 ? [] : await parser.readAll(taken.map(([form]) => form))
  expect(read).toHaveLength(taken.length)
  let alike = 0
  for (const [index, [{ type, body }, fields]] of taken.entries()) {
    const other = read[index]
    if (other === undefined) continue
    alike++
    expect(toObject(other), JSON.stringify({ type, body: String(body) })).toEqual(fields)
  }
  return { taken: taken.length, alike }
}

async function readByWeir({ type, body }: WireForm): Promise<JsonObject | undefined> {
  try {
    if (!/^multipart\/form-data\b/i.test(type)) return undefined
    const peek = await peekForm(toByteStream(body), parseFormType(type), 1_000_000, 1_000_000, openShare())
    expect(body.equals(await gather(peek.toStream(undefined).stream))).toBe(true)
    return peek.fields
  } catch {
    return undefined
  }
}

function toObject(read: NonNullable<ReadForm>): JsonObject {
  const known = read.filter(([name]) => isReadField(name) || isMetadataEntry(name))
  expect(new Set(known.map(([name]) => name)).size).toBe(known.length)
  return toFormObject(known)
}
