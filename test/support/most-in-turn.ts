/** By how much a list grows between two turns of the event loop, at most, until the promise settles. */
export async function mostInTurn(list: readonly unknown[], until: Promise<unknown>): Promise<number> {
  let most = 0
  let before = list.length
  let isOver = false
  function look() {
    most = Math.max(most, list.length - before)
    before = list.length
    if (!isOver) setImmediate(look)
  }
  look()
  await until
  isOver = true
  return most
}
