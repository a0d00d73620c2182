import type { Disagreement } from './merge-prices.ts'

/** The text of docs/price-disagreements.md. */
export function renderDisagreements(disagreements: readonly Disagreement[], sources: readonly string[]): string {
  const dearer = disagreements.filter(({ rates }) => rates.some(([, taken, other]) => taken > other)).length
  const sections = [...Map.groupBy(disagreements, ({ source }) => source)].map(
    ([source, found]) => `## ${source}

| models | taken | other | why |
| --- | --- | --- | --- |
${found.map(toRow).join('\n')}`,
  )
  return `# Where the sources of prices disagree

<!-- Written by scripts/update-prices.ts. Run: npm run prices:update -->

What is corrected by hand counts, by the maker's own page, then the newer data set. Never the dearer or the cheaper one because it is that. Of ${disagreements.length}
disagreements the taken price is dearer, in one rate at least, in ${dearer}. Figures are USD a million tokens, seconds or characters, or one request or search.

${sources.map((line) => `- ${line}`).join('\n')}

${sections.join('\n\n')}
`
}

function toRow({ models, taken, other, rates, why }: Disagreement): string {
  const say = (name: string, index: 1 | 2) => `${name}: ${rates.map((rate) => `${rate[0]} ${rate[index]}`).join(', ')}`
  const names = models.map((model) => `\`${model}\``).join(' ')
  return `| ${names} | ${say(taken, 1)} | ${say(other, 2)} | ${why.replaceAll('|', '\\|')} |`
}
