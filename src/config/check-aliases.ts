import type { Problems } from './problems.ts'

/** An alias may name another one, but following them must end. */
export function checkAliases(aliases: Readonly<Record<string, string>>, problems: Problems): void {
  const targets = new Map(Object.entries(aliases))
  const reported = new Set<string>()
  for (const start of targets.keys()) {
    const chain = follow(start, targets)
    if (chain.at(-1) !== start || reported.has(start)) continue
    for (const name of chain) reported.add(name)
    problems.add(
      ['models', 'aliases', start],
      `comes back to itself (${chain.map((name) => `\`${name}\``).join(' → ')}). Name a model at the end`,
    )
  }
}

/** The names from `start` on, until there is no further alias or one comes for the second time. */
function follow(start: string, targets: ReadonlyMap<string, string>): readonly string[] {
  const chain = [start]
  const seen = new Set<string>()
  let next = targets.get(start)
  while (next !== undefined && !seen.has(next)) {
    seen.add(next)
    chain.push(next)
    if (next === start) break
    next = targets.get(next)
  }
  return chain
}
