/** Returns the maximum growth of a list between two turns of the event loop, until the promise settles. */
export async function maxPerTick(list: readonly unknown[], until: Promise<unknown>): Promise<number> {
  let maxGrowth = 0
  let before = list.length
  let isOver = false
  function look() {
    maxGrowth = Math.max(maxGrowth, list.length - before)
    before = list.length
    if (!isOver) setImmediate(look)
  }
  look()
  await until
  isOver = true
  return maxGrowth
}
