/** Routes by which a call reaches the same provider as by its model alone; only their targets' names differ. */
export const benchRoutes = {
  'ordered-3': toRoute('ordered', 3),
  'sticky-3': toRoute('sticky', 3),
  'sticky-50': toRoute('sticky', 50),
}

function toRoute(strategy: 'ordered' | 'sticky', count: number) {
  return { strategy, targets: Array.from({ length: count }, (_, index) => ({ model: `openai/json-600-${index}` })) }
}
