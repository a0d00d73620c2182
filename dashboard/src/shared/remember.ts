/** `tab` is forgotten when the tab closes, so that is where a secret goes; `browser` stays. */
type Place = 'tab' | 'browser'

/** A browser may forbid storage altogether; the page then remembers until it is reloaded. */
export function recall(place: Place, name: string): string | undefined {
  try {
    return storageOf(place).getItem(`weir.${name}`) ?? undefined
  } catch {
    return undefined
  }
}

/** An empty value forgets. */
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
