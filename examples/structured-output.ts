// An answer that is an object of your own type, checked against its schema.
// You see an event with a name, a list of people and a number of days.
// Run it beside `npm start`: npx node examples/structured-output.ts
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import * as z from 'zod'

const client = new OpenAI({
  baseURL: `${process.env.WEIR_URL ?? 'http://localhost:8787'}/v1`,
  apiKey: process.env.TOKEN ?? 'none',
})

const Event = z.object({
  name: z.string(),
  participants: z.array(z.string()),
  days: z.int().min(1).max(7),
})

const completion = await client.chat.completions.parse({
  model: 'demo/chat',
  messages: [{ role: 'user', content: 'Alice and Bob are going to a science fair on Friday.' }],
  response_format: zodResponseFormat(Event, 'event'),
})
console.log(completion.choices[0]?.message.parsed)
