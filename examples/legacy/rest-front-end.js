// The OpenAI proxy's front end over REST: two functions, to be copied into a page. One address and one header are all that is new.
// You see an answer, then the address of a picture.
// Run it beside `npm start`: npx node examples/legacy/rest-front-end.js
const { WEIR_URL = 'http://localhost:8787', TOKEN } = globalThis.process?.env ?? {}

console.log(await getAIResponse([{ role: 'user', content: 'Hello, how are you?' }]))
console.log(await generateImage('A white siamese cat'))

/** Asks and gives the text of the answer. */
export async function getAIResponse(messages, options = {}) {
  const { choices } = await post('/', { messages, ...options })
  return choices[0].message.content
}

/** Draws and gives the picture's address. */
export async function generateImage(prompt, options = {}) {
  const { data } = await post('/', { action: 'generate-image', prompt, ...options })
  return data[0].url
}

async function post(path, body) {
  const response = await fetch(WEIR_URL + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(TOKEN && { authorization: `Bearer ${TOKEN}` }) },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  // `message` as it was; OpenAI's own clients find the same text at `error.message`.
  if (!response.ok) throw new Error(answer.message)
  return answer
}
