// A picture for a prompt, saved to a file.
// You see `weir.png` in this folder. The demo has one picture for every prompt; a real model paints what you say.
// Run it beside `npm start`: npx node examples/images.ts
import { writeFile } from 'node:fs/promises'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: `${process.env.WEIR_URL ?? 'http://localhost:8787'}/v1`,
  apiKey: process.env.TOKEN ?? 'none',
})

const { data } = await client.images.generate({
  model: 'demo/image',
  prompt: 'A weir in the morning mist',
  size: '1024x1024',
})
await writeFile('weir.png', data?.[0]?.b64_json ?? '', 'base64')
console.log('weir.png is drawn')
