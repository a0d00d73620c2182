/** Context tokens by model name prefix, without the provider; the first match counts. Sources: vendors' model pages. */
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

/** For an unlisted model: a size that even older models accept. */
const unknownWindow = 8_192

/** Returns the tokens that a model accepts, prompt and reply together. */
export function contextWindow(model: string | undefined): number {
  const name = model?.slice(model.lastIndexOf('/') + 1).toLowerCase() ?? ''
  return windows.find(([prefix]) => name.startsWith(prefix))?.[1] ?? unknownWindow
}
