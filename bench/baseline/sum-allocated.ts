/** The part that is read of what `GCProfiler` of `node:v8` reports about one garbage collection. */
export interface Collection {
  readonly beforeGC: { readonly heapStatistics: { readonly usedHeapSize: number } }
  readonly afterGC: { readonly heapStatistics: { readonly usedHeapSize: number } }
}

/**
 * Bytes allocated on V8's heap between two looks at it: the growth of the used heap, and all that was freed meanwhile. How fast the machine
 * was, and when it collected, falls out.
 */
export function sumAllocated(usedAtStart: number, collections: readonly Collection[], usedAtEnd: number): number {
  const freed = collections.map(
    ({ beforeGC, afterGC }) => beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize,
  )
  return freed.reduce((sum, bytes) => sum + bytes, usedAtEnd - usedAtStart)
}
