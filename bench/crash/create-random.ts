/** Numbers that are the same for the same seed, so that a run can be had again; as far as the machine's own timing allows. */
export interface Random {
  /** From `least` to `most`, whole. */
  integer(least: number, most: number): number
  /** True in `share` of all cases. */
  chance(share: number): boolean
  pick<Value>(values: readonly Value[]): Value
}

/** Mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    integer,
    chance: (share) => next() < share,
    pick(values) {
      const value = values[integer(0, values.length - 1)]
      if (value === undefined) throw new Error('nothing to pick from')
      return value
    },
  }
}
