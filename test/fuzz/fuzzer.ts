import * as fc from 'fast-check'
import type { Gateway } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'

export interface Target {
  readonly gateway: Gateway
  readonly upstream: ScriptedUpstream
}

/** Random inputs of one kind, and what has to hold for each of them. */
export interface Fuzzer<Input> {
  /** The name of the test. */
  readonly promise: string
  readonly inputs: fc.Arbitrary<Input>
  /** So many take about two seconds. */
  readonly cases: number
  /** Sends the input. Returns true where Weir took it. Rejects where the promise is broken. */
  attempt(input: Input, target: Target): Promise<boolean>
}

const seed = Number(process.env.FUZZ_SEED ?? 20_261_129)
const factor = Number(process.env.FUZZ_FACTOR ?? 1)

/** Rejects with the smallest input found that breaks the promise, and the seed. Returns how many inputs Weir took. */
export async function fuzz<Input>({ inputs, cases, attempt }: Fuzzer<Input>, target: Target): Promise<number> {
  let taken = 0
  const property = fc.asyncProperty(inputs, async (input) => {
    if (await attempt(input, target)) taken++
  })
  await fc.assert(property, { seed, numRuns: cases * factor })
  return taken
}

/** The bytes cut in pieces at places between 0 and 1. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const cuts = [
    0,
    ...places.map((place) => Math.floor(place * bytes.length)).sort((one, two) => one - two),
    bytes.length,
  ]
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end))
}

/** Places where bytes are cut: mostly few. */
export const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

/** Half of the texts as they are; the others with up to three of the tokens put in, each in the place of up to three bytes. */
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
    // In the report of a failure a text says more than numbers.
    return Object.assign(bytes, { [fc.toStringMethod]: () => JSON.stringify(bytes.toString()) })
  })
}
