// Search by meaning: texts and a question become vectors, and the nearest text is the answer.
// You see the three texts in order, each with its nearness. The demo sees only shared words; a real model sees meaning.
// Run it beside `npm start`: npx node examples/embeddings.ts
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: `${process.env.WEIR_URL ?? 'http://localhost:8787'}/v1`,
  apiKey: process.env.TOKEN ?? 'none',
})

const texts = ['Bread is baked in the oven.', 'A weir raises the level of a river.', 'Trains leave every hour.']
const question = 'What does a weir do to a river?'

const { data } = await client.embeddings.create({ model: 'demo/embedding', input: [question, ...texts] })
const [asked = [], ...vectors] = data.map(({ embedding }) => embedding)

// The vectors have length 1, so their product is the cosine of the angle between them.
const nearness = vectors.map((vector) => vector.reduce((sum, value, index) => sum + value * (asked[index] ?? 0), 0))
const ranking = texts.map((text, index) => ({ text, nearness: nearness[index] ?? 0 }))
ranking.sort((left, right) => right.nearness - left.nearness)

for (const { text, nearness } of ranking) console.log(nearness.toFixed(2), text)
