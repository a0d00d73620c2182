import { useState } from 'react'
import type { Model } from '../gateway/list-models.ts'
import { groupModels, guessUse, type ModelUse } from '../gateway/sort-models.ts'
import type { ModelList as ModelListState } from '../gateway/use-gateway.ts'
import { FailureNote } from '../shared/failure-note.tsx'
import { useLanguage } from '../shared/language.tsx'

interface ModelListProps {
  readonly list: ModelListState
  readonly onTry: (model: string, use: ModelUse) => void
  readonly onRetry: () => void
}

/** A shorter list needs no search. */
const searchFrom = 9

export function ModelList({ list, onTry, onRetry }: ModelListProps) {
  const { text } = useLanguage()
  const [wanted, setWanted] = useState('')
  const models = list.kind === 'listed' ? list.models : []
  const shown = models.filter((model) => model.id.toLowerCase().includes(wanted.trim().toLowerCase()))
  return (
    <section className="card models" aria-labelledby="models-title">
      <header>
        <h2 id="models-title">
          {text.models.title}
          {models.length > 0 && <span className="count"> {text.models.count(shown.length, models.length)}</span>}
        </h2>
        {models.length >= searchFrom && (
          <input
            type="search"
            value={wanted}
            aria-label={text.models.find}
            placeholder={text.models.find}
            onChange={(event) => setWanted(event.target.value)}
          />
        )}
      </header>
      {list.kind === 'loading' && <p className="hint">{text.models.loading}</p>}
      {list.kind === 'failed' && (
        <>
          <FailureNote failure={list.failure} />
          <button type="button" className="quiet" onClick={onRetry}>
            {text.failure.tryAgain}
          </button>
        </>
      )}
      {list.kind === 'listed' && shown.length === 0 && (
        <p className="hint">{models.length === 0 ? text.models.none : text.models.noMatch}</p>
      )}
      <div className="owners">
        {groupModels(shown).map((group) => (
          <div className="owner" key={group.owner}>
            <h3>{group.owner || text.models.otherOwner}</h3>
            <ul>
              {group.models.map((model) => (
                <ModelRow key={model.id} model={model} onTry={onTry} />
              ))}
            </ul>
          </div>
        ))}
      </div>
    </section>
  )
}

function ModelRow({ model, onTry }: { readonly model: Model; readonly onTry: ModelListProps['onTry'] }) {
  const { text } = useLanguage()
  const use = guessUse(model.id)
  if (use === 'other') return <li>{model.id}</li>
  return (
    <li>
      <button type="button" onClick={() => onTry(model.id, use)}>
        <span>{model.id}</span>
        <span className="try"> {text.models.tryIt}</span>
      </button>
    </li>
  )
}
