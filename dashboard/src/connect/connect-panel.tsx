import { useState } from 'react'
import { type SnippetChoices, type SnippetLanguage, snippetLanguages, writeSnippet } from '../gateway/write-snippet.ts'
import { CopyButton } from '../shared/copy-button.tsx'
import { useLanguage } from '../shared/language.tsx'
import { Tabs } from '../shared/tabs.tsx'

/** Shows how an app calls this Weir: examples to paste, and the place of each key. */
export function ConnectPanel(choices: SnippetChoices) {
  const { text } = useLanguage()
  const [language, setLanguage] = useState<SnippetLanguage>('JavaScript')
  return (
    <section className="card connect" aria-labelledby="connect-title">
      <h2 id="connect-title">{text.connect.title}</h2>
      <p className="hint">{text.connect.intro}</p>
      <Tabs
        label={text.connect.languages}
        selected={language}
        onSelect={setLanguage}
        tabs={snippetLanguages.map((id) => ({
          id,
          label: id,
          panel: <Snippet code={writeSnippet(id, choices)} mark={choices.baseUrl} label={id} />,
        }))}
      />
      <h3>{text.connect.keysTitle}</h3>
      <dl className="keys">
        <dt>{text.connect.providerKeys}</dt>
        <dd>
          <code>OPENAI_API_KEY</code>, <code>DEEPINFRA_API_KEY</code> {text.connect.providerKeysHint}
        </dd>
        <dt>{text.connect.accessKey}</dt>
        <dd>{choices.needsToken ? text.connect.accessKeyHint : text.connect.noAccessKey}</dd>
      </dl>
    </section>
  )
}

interface SnippetProps {
  readonly code: string
  readonly mark: string
  readonly label: string
}

/** Marks the part that differs from a call to OpenAI itself. */
function Snippet({ code, mark, label }: SnippetProps) {
  const at = code.indexOf(mark)
  return (
    <div className="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable. */}
      <pre tabIndex={0}>
        <code>
          {code.slice(0, at)}
          <b>{mark}</b>
          {code.slice(at + mark.length)}
        </code>
      </pre>
      <CopyButton value={code} label={label} />
    </div>
  )
}
