import type { GatewayResponse } from '../core/gateway-response.ts'

/**
 * Renders a page to run queries on, with the schema beside them. Like the start page it loads nothing from other hosts:
 * the page of GraphQL Yoga loads its script from a public server, which Weir's content security policy forbids.
 * `nonce` must be new for each page.
 */
export function toQueryPage(nonce: string): GatewayResponse {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
  }
  return { status: 200, headers, body: page.replaceAll('nonce=""', `nonce="${nonce}"`) }
}

/** Browser JavaScript, sent unchanged. Strings from the server are inserted as text, never as HTML. */
const script = `
const find = (id) => document.getElementById(id)
const post = (body, accept) =>
  fetch(location.pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  })

let run = 0
async function execute() {
  const current = ++run
  const show = (text) => current === run && find('result').append(text)
  find('result').textContent = ''
  let variables
  try {
    variables = JSON.parse(find('variables').value.trim() || '{}')
  } catch (error) {
    return show('The variables are not valid JSON: ' + error.message)
  }
  try {
    const response = await post({ query: find('query').value, variables }, 'application/json, text/event-stream')
    if (!response.headers.get('content-type').startsWith('text/event-stream'))
      return show(JSON.stringify(await response.json(), null, 2))
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) show(part.value)
  } catch (error) {
    show(String(error))
  }
}

const reference = '{ kind name ofType { kind name ofType { kind name ofType { kind name } } } }'
const schemaQuery = \`{ __schema { types { name kind description
  fields { name description args { name type \${reference} } type \${reference} }
  inputFields { name description type \${reference} } enumValues { name } } } }\`

function write({ kind, name, ofType }) {
  if (kind === 'NON_NULL') return write(ofType) + '!'
  return kind === 'LIST' ? '[' + write(ofType) + ']' : name
}

async function showSchema() {
  const { data } = await (await post({ query: schemaQuery }, 'application/json')).json()
  for (const { name, kind, description, fields, inputFields, enumValues } of data?.__schema.types ?? []) {
    if (name.startsWith('__') || kind === 'SCALAR') continue
    const section = document.createElement('details')
    section.open = ['Query', 'Mutation', 'Subscription'].includes(name)
    const summary = document.createElement('summary')
    summary.textContent = name
    if (description) summary.title = description
    section.append(summary)
    for (const field of fields ?? inputFields ?? enumValues ?? []) {
      const args = field.args?.map((arg) => arg.name + ': ' + write(arg.type)).join(', ')
      const line = document.createElement('p')
      line.textContent = field.name + (args ? '(' + args + ')' : '') + (field.type ? ': ' + write(field.type) : '')
      if (field.description) line.title = field.description
      section.append(line)
    }
    find('schema').append(section)
  }
}

find('run').addEventListener('click', execute)
addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) execute()
})
showSchema()
`

const style = `
:root { color-scheme: light dark; font: 0.9375rem/1.5 system-ui, sans-serif }
body { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) 20rem; gap: 1rem; height: calc(100vh - 2rem); margin: 1rem }
main { display: grid; grid-template-rows: auto 1fr auto 6rem auto; gap: 0.35rem }
textarea, pre, summary, p { font: 0.8125rem/1.5 ui-monospace, Menlo, Consolas, monospace }
pre { overflow: auto; margin: 0; white-space: pre-wrap }
aside { overflow: auto }
p { margin: 0 0 0.25rem 1rem }
@media (width < 60rem) { body { grid-template-columns: minmax(0, 1fr); height: auto } main { grid-template-rows: auto 12rem auto 6rem auto } }
`

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>GraphQL · Weir</title>
<link rel="icon" href="data:,">
<style nonce="">${style}</style>
<main>
<label for="query">Query</label>
<textarea id="query" spellcheck="false" autofocus>{ models { id } }</textarea>
<label for="variables">Variables, as JSON</label>
<textarea id="variables" spellcheck="false"></textarea>
<button id="run" type="button">Run (Ctrl+Enter)</button>
</main>
<pre id="result" role="status" aria-label="Result"></pre>
<aside id="schema" aria-label="Schema"></aside>
<script nonce="">${script}</script>
</html>
`
