/** The missing place, by what its operator would have to add: a database, a ledger, or a bucket for pictures. */
export type NotKept = 'anything' | 'records' | 'pictures'

/** Of `x-weir-not-kept`, the header of the list of models. Undefined where all is kept. */
export function readNotKept(header: string | null): NotKept | undefined {
  const names = new Set(header?.split(',').map((name) => name.trim()))
  if (names.has('sessions')) return 'anything'
  if (names.has('records')) return 'records'
  return names.has('pictures') ? 'pictures' : undefined
}
