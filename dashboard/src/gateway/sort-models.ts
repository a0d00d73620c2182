import type { Model } from './list-models.ts'

export type ModelUse = 'chat' | 'images' | 'other'

export interface ModelGroup {
  readonly owner: string
  readonly models: readonly Model[]
}

/** What to try a model with. The list of models does not say, so this is a guess by name; a wrong one only costs a click. */
export function guessUse(modelId: string): ModelUse {
  if (/image|dall-e|flux|sdxl|stable-diffusion|imagen/i.test(modelId)) return 'images'
  if (/embed|whisper|transcri|speech|tts|moderation|rerank|bge-|realtime/i.test(modelId)) return 'other'
  return 'chat'
}

/** The model to begin with: the built-in demo where it is there, since it costs nothing. */
export function preferredModel(models: readonly Model[]): string {
  return models.find((model) => model.id === 'demo/chat')?.id ?? models[0]?.id ?? ''
}

/** By owner, in the order in which the server lists them. */
export function groupModels(models: readonly Model[]): readonly ModelGroup[] {
  return [...Map.groupBy(models, (model) => model.owner)].map(([owner, members]) => ({ owner, models: members }))
}
