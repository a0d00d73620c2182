export const snippetLanguages = ['curl', 'JavaScript', 'Python'] as const

export type SnippetLanguage = (typeof snippetLanguages)[number]

export interface SnippetChoices {
  readonly baseUrl: string
  readonly model: string
  /** True if the server requires a token. */
  readonly needsToken: boolean
}

/** Returns a program to paste and run. It never contains the token itself. */
export function writeSnippet(language: SnippetLanguage, choices: SnippetChoices): string {
  return writers[language](choices)
}

const writers: { readonly [language in SnippetLanguage]: (choices: SnippetChoices) => string } = {
  curl: ({ baseUrl, model, needsToken }) => {
    const body = { model, stream: true, messages: [{ role: 'user', content: 'Hello' }] }
    return [
      `curl -N ${quoteForShell(`${baseUrl}/chat/completions`)}`,
      ...(needsToken ? ['-H "authorization: Bearer $TOKEN"'] : []),
      "-H 'content-type: application/json'",
      `-d ${quoteForShell(JSON.stringify(body))}`,
    ].join(' \\\n  ')
  },

  JavaScript: ({ baseUrl, model, needsToken }) => `import OpenAI from "openai"

const client = new OpenAI({
  baseURL: ${JSON.stringify(baseUrl)},
  apiKey: ${JSON.stringify(needsToken ? 'YOUR_TOKEN' : 'none')},
  dangerouslyAllowBrowser: true, // only in a page
})

const stream = await client.chat.completions.create({
  model: ${JSON.stringify(model)},
  messages: [{ role: "user", content: "Hello" }],
  stream: true,
})
for await (const chunk of stream) {
  console.log(chunk.choices[0]?.delta.content ?? "")
}`,

  Python: ({ baseUrl, model, needsToken }) => `${needsToken ? 'import os\n' : ''}from openai import OpenAI

client = OpenAI(
    base_url=${JSON.stringify(baseUrl)},
    api_key=${needsToken ? 'os.environ["TOKEN"]' : '"none"'},
)

stream = client.chat.completions.create(
    model=${JSON.stringify(model)},
    messages=[{"role": "user", "content": "Hello"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`,
}

// A server sends the model's name: it must not end the quotation and run a command.
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
