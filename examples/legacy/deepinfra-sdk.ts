// The DeepInfra proxy's other example: OpenAI's own SDK with another `baseURL`.
// You see an answer in one piece.
// Run it beside `DEEPINFRA_API_KEY=… npm start`: npx node examples/legacy/deepinfra-sdk.ts
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: `${process.env.WEIR_URL ?? 'http://localhost:8787'}/v1`,
  apiKey: process.env.TOKEN ?? 'none',
})

const completion = await client.chat.completions.create({
  model: 'deepseek-ai/DeepSeek-V3.1',
  messages: [{ role: 'user', content: 'Hello!' }],
})
console.log(completion.choices[0]?.message.content)
