import type { ModelCard } from '../provider.ts'

/** 2026-01-01, so that the list is the same everywhere. */
const created = 1_767_225_600

/** Those that misbehave are listed too: where only listed models are let through, they could not be reached otherwise. */
const names = [
  'chat',
  'embedding',
  'image',
  'speech',
  'transcribe',
  'moderation',
  'slow',
  'cut',
  'silent',
  'delay-2000',
  'error-400',
  'error-401',
  'error-429',
  'error-500',
  'error-503',
]

/** What `GET /v1/models` shows of the demo. Any other name is answered as well. */
export function demoModels(furtherIds: readonly string[]): readonly ModelCard[] {
  const ids = new Set([...names.map((name) => `demo/${name}`), ...furtherIds])
  return [...ids].map((id) => ({ id, created, ownedBy: 'weir-demo' }))
}
