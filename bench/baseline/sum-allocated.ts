/** The fields used of a report about one garbage collection by `GCProfiler` of `node:v8`. */
export interface Collection {
  readonly beforeGC: { readonly heapStatistics: { readonly usedHeapSize: number } }
  readonly afterGC: { readonly heapStatistics: { readonly usedHeapSize: number } }
}

/**
 * Returns the bytes allocated on V8's heap between two readings: the growth of the used heap plus the bytes freed in
 * between. The result does not depend on the speed of the machine or the times of the collections.
 */
export function sumAllocated(usedAtStart: number, collections: readonly Collection[], usedAtEnd: number): number {
  const freed = collections.map(
    ({ beforeGC, afterGC }) => beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize,
  )
  return freed.reduce((sum, bytes) => sum + bytes, usedAtEnd - usedAtStart)
}
