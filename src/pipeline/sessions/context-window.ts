/** Tokens of context by the beginning of a model's name, without its provider; the first that fits counts. Sources: the vendors' model pages. */
const windows: readonly (readonly [prefix: string, tokens: number])[] = [
  ['gpt-5', 272_000],
  ['gpt-4.1', 1_000_000],
  ['gpt-4o', 128_000],
  ['gpt-4-turbo', 128_000],
  ['gpt-4-32k', 32_768],
  ['gpt-4', 8_192],
  ['gpt-3.5-turbo', 16_385],
  ['o1', 200_000],
  ['o3', 200_000],
  ['o4', 200_000],
  ['gpt-oss', 131_072],
  ['deepseek', 128_000],
  ['glm-4.5', 128_000],
  ['kimi-k2', 128_000],
  ['llama-3.3', 128_000],
  ['qwen3-coder', 256_000],
  ['qwen3-235b', 256_000],
  ['qwen3', 40_960],
  ['voxtral', 32_768],
  ['starcoder2', 16_384],
  ['mythomax', 4_096],
]

/** For a model that nobody has listed: what even older models take. */
const unknownWindow = 8_192

/** Tokens that a model takes, question and answer together. */
export function contextWindow(model: string | undefined): number {
  const name = model?.slice(model.lastIndexOf('/') + 1).toLowerCase() ?? ''
  return windows.find(([prefix]) => name.startsWith(prefix))?.[1] ?? unknownWindow
}
