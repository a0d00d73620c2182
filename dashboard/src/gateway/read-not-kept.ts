/** The missing store, by the binding that the operator has to add: a database, a ledger, or a bucket for images. */
export type NotKept = 'anything' | 'records' | 'pictures'

/** Reads `x-weir-not-kept`, a header of the list of models. Returns undefined if the server stores everything. */
export function readNotKept(header: string | null): NotKept | undefined {
  const names = new Set(header?.split(',').map((name) => name.trim()))
  if (names.has('sessions')) return 'anything'
  if (names.has('records')) return 'records'
  return names.has('pictures') ? 'pictures' : undefined
}
