const lines = [0, 1, 2, 3, 4, 5]
const ticks = [0, 1, 2, 3, 4, 5, 6]

/** Draws a river that falls over a weir, in section, with a gauge beside it. Decoration: hidden from screen readers. */
export function River() {
  return (
    <svg className="river" viewBox="0 0 1600 150" aria-hidden="true">
      {lines.map((line) => (
        <path key={line} d={course(line)} />
      ))}
      <path className="gauge" d="M1078 18V140" />
      {ticks.map((tick) => (
        <path key={tick} className="gauge" d={`M1078 ${24 + tick * 18}h${tick % 2 === 0 ? 14 : 8}`} />
      ))}
    </svg>
  )
}

// Upstream the lines are close and level; below the crest they spread.
function course(line: number): string {
  const above = 30 + line * 7
  const below = 62 + line * 15
  const crest = 1096 - line * 9
  return `M-2000 ${above}H${crest}C${crest + 70} ${above} ${crest + 40} ${below} ${crest + 120} ${below}H3600`
}
