import { GatewayError } from '../../../core/errors.ts'
import type { Frame } from '../demo-call.ts'

/** The first half of a body, then a connection that broke. */
export function* cutFrames(frames: Iterable<Frame>): Generator<Frame> {
  const whole = [...frames]
  const [only] = whole
  if (whole.length > 1) yield* whole.slice(0, Math.floor(whole.length / 2))
  else if (only !== undefined) yield { ...only, data: only.data.slice(0, Math.floor(only.data.length / 2)) }
  throw new GatewayError('upstream_interrupted', 'The demo provider broke off in the middle, as its model name asked.')
}
