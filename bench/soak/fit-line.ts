/** A straight line through points, with the bounds between which its slope lies at 99 %. */
export interface Line {
  readonly slope: number
  readonly least: number
  readonly most: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

const mostBlocks = 20
const leastBlocks = 5

/**
 * Least squares over the means of up to 20 blocks of neighbours: single looks at a server resemble the ones before, and pass for more
 * evidence than they are. What still resembles widens the bounds. Undefined with too few points.
 */
export function fitLine(points: readonly Point[]): Line | undefined {
  const blocks = toBlocks(points.filter(({ y }) => Number.isFinite(y)))
  if (blocks.length < leastBlocks) return undefined
  const x = meanOf(blocks.map((block) => block.x))
  const y = meanOf(blocks.map((block) => block.y))
  const spread = sumOf(blocks.map((block) => (block.x - x) ** 2))
  const slope = sumOf(blocks.map((block) => (block.x - x) * (block.y - y))) / spread
  const residuals = blocks.map((block) => block.y - y - slope * (block.x - x))
  const freedom = blocks.length - 2
  const error = Math.sqrt(sumOf(residuals.map((residual) => residual ** 2)) / freedom / spread)
  const half = error * Math.sqrt(inflationOf(residuals)) * quantileOf(freedom)
  return { slope, least: slope - half, most: slope + half }
}

function toBlocks(points: readonly Point[]): readonly Point[] {
  const count = Math.min(mostBlocks, Math.floor(points.length / 2))
  return Array.from({ length: count }, (_, index) => {
    const block = points.slice((index * points.length) / count, ((index + 1) * points.length) / count)
    return { x: meanOf(block.map(({ x }) => x)), y: meanOf(block.map(({ y }) => y)) }
  })
}

/** By how much neighbours that resemble each other make the variance too small: (1 + r) / (1 - r), r at a distance of one. */
function inflationOf(residuals: readonly number[]): number {
  const whole = sumOf(residuals.map((residual) => residual ** 2))
  const neighbours = sumOf(residuals.slice(1).map((residual, index) => residual * (residuals[index] ?? 0)))
  const resemblance = whole === 0 ? 0 : Math.min(0.9, Math.max(0, neighbours / whole))
  return (1 + resemblance) / (1 - resemblance)
}

/** Of Student's t at 99.5 %, by the first terms of its expansion at the normal quantile: Abramowitz and Stegun 26.7.5. */
function quantileOf(freedom: number): number {
  const z = 2.575829
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
