import type { Model } from './list-models.ts'

export type ModelUse = 'chat' | 'images' | 'other'

export interface ModelGroup {
  readonly owner: string
  readonly models: readonly Model[]
}

/** Guesses the use of a model by its name, because the list of models does not state it. A wrong guess costs one click. */
export function guessUse(modelId: string): ModelUse {
  if (/image|dall-e|flux|sdxl|stable-diffusion|imagen/i.test(modelId)) return 'images'
  if (/embed|whisper|transcri|speech|tts|moderation|rerank|bge-|realtime/i.test(modelId)) return 'other'
  return 'chat'
}

/** Returns the first model to select: the built-in demo if it is listed, because it is free. */
export function preferredModel(models: readonly Model[]): string {
  return models.find((model) => model.id === 'demo/chat')?.id ?? models[0]?.id ?? ''
}

/** Groups models by owner, in the order of the server. */
export function groupModels(models: readonly Model[]): readonly ModelGroup[] {
  return [...Map.groupBy(models, (model) => model.owner)].map(([owner, members]) => ({ owner, models: members }))
}
