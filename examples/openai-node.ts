// OpenAI's own SDK with another `baseURL`, and nothing else changed.
// You see an answer in one piece, then another one that grows word by word.
// Run it beside `npm start`: npx node examples/openai-node.ts
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: `${process.env.WEIR_URL ?? 'http://localhost:8787'}/v1`,
  apiKey: process.env.TOKEN ?? 'none',
})

const completion = await client.chat.completions.create({
  model: 'demo/chat',
  messages: [{ role: 'user', content: 'Hello!' }],
})
console.log(completion.choices[0]?.message.content)

const stream = await client.chat.completions.create({
  model: 'demo/chat',
  messages: [{ role: 'user', content: 'Hello again!' }],
  stream: true,
})
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '')
}
console.log()
