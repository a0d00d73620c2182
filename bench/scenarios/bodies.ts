const system = 'You are a helpful assistant that answers in one paragraph and never apologises.'
const prompt = 'Tell me in about sixty words what a weir is, and why a mill would want to have one.'
const settings = { temperature: 0.7, max_tokens: 200, user: 'bench' }

/** Renders a chat of about 300 bytes. */
export function body(model: string, more: object = settings): string {
  return toBody(model, prompt, more)
}

/**
 * Renders the same with a prompt of `bytes`: prose without repetitions that a regular expression engine could optimise.
 */
export function bigBody(model: string, bytes: number, more: object = settings): string {
  const sentences = Array.from(
    { length: Math.ceil(bytes / 30) },
    (_, index) => `${index}. The river has risen by "${index % 97}" cm.\n`,
  )
  return toBody(model, sentences.join('').slice(0, bytes), more)
}

export function imageBody(model: string): string {
  return JSON.stringify({ model, prompt: 'A weir in the morning, in water colours.', n: 1, size: '1024x1024' })
}

function toBody(model: string, content: string, more: object): string {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content },
  ]
  return JSON.stringify({ model, messages, ...more })
}
