/** `-2024-08-06`, `-20250929`, `@20250929`: a snapshot of a model costs what the model costs, unless the snapshot is listed itself. */
const snapshot = /[-@]20\d{2}(?:-[01]\d-[0-3]\d|[01]\d[0-3]\d)$/

/**
 * The names under which a model may be listed, the most exact first. Nothing else is cut off or compared by its beginning:
 * `gpt-4o-mini-x` is no `gpt-4o`, and no price is better than a wrong one (R54).
 */
export function candidateNames(model: string): readonly string[] {
  // A fine-tuned model has its own price, which is that of `ft:` and the model below it: `ft:gpt-4o-2024-08-06:org:name:id`.
  const name = model.startsWith('ft:') ? model.split(':', 2).join(':') : model
  const plain = name.startsWith('models/') ? name.slice('models/'.length) : name
  const family = plain.replace(snapshot, '')
  return [...new Set([model, name, plain, family])]
}
