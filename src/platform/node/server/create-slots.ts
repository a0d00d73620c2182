/** A set for members that are added and removed thousands of times a second. */
export interface Slots<Member> {
  /** Adds a member and returns its slot. */
  fill(member: Member): number
  /** Replaces the member of a slot. */
  refill(slot: number, member: Member): void
  free(slot: number): void
  count(): number
  members(): readonly Member[]
}

/**
 * Creates slots: an array with a free list, instead of a `Map`. Under constant insertion and deletion V8 gives a Map a
 * new table every few entries, and each old table points to the next. When a table reaches the old generation, it keeps
 * all later calls alive for a while. Measured at 64 connections: twice the memory and 30 % more CPU.
 */
export function createSlots<Member>(): Slots<Member> {
  const slots: (Member | undefined)[] = []
  const unused: number[] = []
  return {
    fill(member) {
      const slot = unused.pop() ?? slots.length
      slots[slot] = member
      return slot
    },
    refill(slot, member) {
      slots[slot] = member
    },
    free(slot) {
      slots[slot] = undefined
      unused.push(slot)
    },
    count: () => slots.length - unused.length,
    members: () => slots.filter((member) => member !== undefined),
  }
}
