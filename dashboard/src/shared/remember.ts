/** `tab` is cleared when the tab closes: secrets belong there. `browser` persists. */
type Place = 'tab' | 'browser'

/** Returns undefined where the browser forbids storage; the page then remembers values until it is reloaded. */
export function recall(place: Place, name: string): string | undefined {
  try {
    return storageOf(place).getItem(`weir.${name}`) ?? undefined
  } catch {
    return undefined
  }
}

/** Stores a value; an empty one removes it. */
export function remember(place: Place, name: string, value: string): void {
  try {
    if (value === '') storageOf(place).removeItem(`weir.${name}`)
    else storageOf(place).setItem(`weir.${name}`, value)
  } catch {
    // See recall.
  }
}

function storageOf(place: Place): Storage {
  return place === 'tab' ? sessionStorage : localStorage
}
