// The OpenAI proxy's front end over GraphQL: its five documents, as they were. What was an empty promise works now: sessions are kept.
// You see an answer, the address of a picture, and a conversation of four messages.
// Run it beside `npm start`: npx node examples/legacy/graphql-front-end.js
const { WEIR_URL = 'http://localhost:8787', TOKEN } = globalThis.process?.env ?? {}

const { content } = await getAIResponse({ messages: [{ role: 'user', content: 'Hello, how are you?' }] })
console.log(content)

const { images } = await generateImage({ prompt: 'A white siamese cat' })
console.log(images[0].url)

const sessionId = await createSession()
await sendMessage({ sessionId, content: 'My name is Ada.' })
await sendMessage({ sessionId, content: 'I shall remember that.', isUser: false })
await getAIResponse({ sessionId, messages: [{ role: 'user', content: 'What is my name?' }] })
for (const message of await chatHistory(sessionId)) {
  console.log(message.isUser ? 'you:  ' : 'model:', message.content.split('\n')[0])
}

/** Asks; with a `sessionId` the model sees what was said before, and the exchange is kept. */
export async function getAIResponse(input) {
  const document = `mutation GetAIResponse($input: ChatInput!) {
    getAIResponse(input: $input) { id content isUser timestamp success error }
  }`
  return (await send(document, { input })).getAIResponse
}

export async function generateImage(input) {
  const document = `mutation GenerateImage($input: ImageInput!) {
    generateImage(input: $input) { id prompt images { url b64_json } model size quality style timestamp success error }
  }`
  return (await send(document, { input })).generateImage
}

export async function createSession() {
  return (await send('mutation CreateSession { createSession { sessionId success } }')).createSession.sessionId
}

/** Adds a message without asking a model. */
export async function sendMessage(input) {
  const document = `mutation SendMessage($input: MessageInput!) {
    sendMessage(input: $input) { id content isUser timestamp success error }
  }`
  return (await send(document, { input })).sendMessage
}

export async function chatHistory(sessionId) {
  const document = `query ChatHistory($sessionId: String) {
    chatHistory(sessionId: $sessionId) { id content isUser timestamp }
  }`
  return (await send(document, { sessionId })).chatHistory
}

async function send(query, variables = {}) {
  const response = await fetch(`${WEIR_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(TOKEN && { authorization: `Bearer ${TOKEN}` }) },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors, error } = await response.json()
  const failure = errors?.[0] ?? error
  if (failure) throw new Error(failure.message)
  return data
}
