import * as fc from 'fast-check'
import type { Gateway } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'

export interface Target {
  readonly gateway: Gateway
  readonly upstream: ScriptedUpstream
}

/** Random inputs of one kind, and a property that must hold for each. */
export interface Fuzzer<Input> {
  /** The name of the test. */
  readonly promise: string
  readonly inputs: fc.Arbitrary<Input>
  /** The number of inputs that take about two seconds. */
  readonly cases: number
  /** Sends the input. Returns true if Weir accepted it. Rejects if the promise is broken. */
  attempt(input: Input, target: Target): Promise<boolean>
}

const seed = Number(process.env.FUZZ_SEED ?? 20_261_129)
const factor = Number(process.env.FUZZ_FACTOR ?? 1)

/**
 * Returns the number of inputs that Weir accepted. Rejects with the seed and the smallest found input that breaks the
 * promise.
 */
export async function fuzz<Input>({ inputs, cases, attempt }: Fuzzer<Input>, target: Target): Promise<number> {
  let taken = 0
  const property = fc.asyncProperty(inputs, async (input) => {
    if (await attempt(input, target)) taken++
  })
  await fc.assert(property, { seed, numRuns: cases * factor })
  return taken
}

/** Cuts the bytes at relative positions between 0 and 1. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const cuts = [
    0,
    ...places.map((place) => Math.floor(place * bytes.length)).sort((one, two) => one - two),
    bytes.length,
  ]
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end))
}

/** The positions of cuts, mostly few. */
export const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

/**
 * Keeps half of the texts unchanged, and inserts up to three tokens into the others, each in place of up to three
 * bytes.
 */
export function withFaults(
  texts: fc.Arbitrary<string>,
  tokens: readonly (string | Uint8Array)[],
): fc.Arbitrary<Buffer> {
  const fault = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 0, max: 3 }),
    fc.oneof(fc.constantFrom(...tokens), fc.uint8Array({ minLength: 1, maxLength: 3 })),
  )
  const faults = fc.oneof(fc.constant([]), fc.array(fault, { minLength: 1, maxLength: 3 }))
  return fc.tuple(texts, faults).map(([text, found]) => {
    let bytes = Buffer.from(text)
    for (const [place, dropped, token] of found) {
      const at = Math.floor(place * bytes.length)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(token), bytes.subarray(at + dropped)])
    }
    // In a failure report, text is more readable than numbers.
    return Object.assign(bytes, { [fc.toStringMethod]: () => JSON.stringify(bytes.toString()) })
  })
}
