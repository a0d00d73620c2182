/**
 * Returns the position that a part of a stream names, or `next`: a list would be filled up to a position of four
 * thousand million, which stops the process for minutes.
 */
export function toPosition(named: unknown, next: number): number {
  return typeof named === 'number' && Number.isInteger(named) && named >= 0 && named < maxPosition ? named : next
}

/** More than the choices, calls and blocks of any reply. */
const maxPosition = 4_096
