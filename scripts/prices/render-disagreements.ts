import type { Disagreement } from './merge-prices.ts'

/** Renders docs/price-disagreements.md. */
export function renderDisagreements(disagreements: readonly Disagreement[], sources: readonly string[]): string {
  const higher = disagreements.filter(({ rates }) => rates.some(([, taken, other]) => taken > other)).length
  const sections = [...Map.groupBy(disagreements, ({ source }) => source)].map(
    ([source, found]) => `## ${source}

| models | taken | other | why |
| --- | --- | --- | --- |
${found.map(toRow).join('\n')}`,
  )
  return `# Price sources that disagree

<!-- Written by scripts/update-prices.ts. Run: npm run prices:update -->

Corrections by hand, from the provider's own page, take precedence, then the newer data set. A price is never chosen because it is higher or lower. In ${higher} of
${disagreements.length} disagreements at least one chosen rate is higher. Figures are in USD per million tokens, seconds or characters, or per request or search.

${sources.map((line) => `- ${line}`).join('\n')}

${sections.join('\n\n')}
`
}

function toRow({ models, taken, other, rates, why }: Disagreement): string {
  const say = (name: string, index: 1 | 2) => `${name}: ${rates.map((rate) => `${rate[0]} ${rate[index]}`).join(', ')}`
  const names = models.map((model) => `\`${model}\``).join(' ')
  return `| ${names} | ${say(taken, 1)} | ${say(other, 2)} | ${why.replaceAll('|', '\\|')} |`
}
