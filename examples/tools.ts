// A model that calls your functions: the SDK runs them and sends back what they return, until there is an answer.
// You see the call that the model makes, then an answer that uses its result.
// Run it beside `npm start`: npx node examples/tools.ts
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: `${process.env.WEIR_URL ?? 'http://localhost:8787'}/v1`,
  apiKey: process.env.TOKEN ?? 'none',
})

function readWeather({ city }: { city: string }): string {
  console.log(`The model asks for the weather in ${city}.`)
  return 'Sunny, 21 °C'
}

const runner = client.chat.completions.runTools({
  model: 'demo/chat',
  messages: [{ role: 'user', content: 'What is the weather like in Paris?' }],
  tools: [
    {
      type: 'function',
      function: {
        name: 'read_weather',
        description: 'The weather in a city, now',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        parse: JSON.parse,
        function: readWeather,
      },
    },
  ],
})
console.log(await runner.finalContent())
