import { useId, useState } from 'react'
import type { Model } from '../gateway/list-models.ts'
import { groupModels } from '../gateway/sort-models.ts'
import { useLanguage } from '../shared/language.tsx'

interface ModelPickerProps {
  /** Undefined while they load. */
  readonly models: readonly Model[] | undefined
  readonly model: string
  readonly onModel: (model: string) => void
}

const otherModel = '\0other'

/** A list of models, and a field for an unlisted name, which Weir passes on unchanged. */
export function ModelPicker({ models, model, onModel }: ModelPickerProps) {
  const { text } = useLanguage()
  const [isTyping, setTyping] = useState(false)
  const id = useId()
  const backToList = () => {
    setTyping(false)
    onModel(models?.[0]?.id ?? '')
  }

  if (isTyping || models?.length === 0) {
    return (
      <div className="model-picker">
        <label htmlFor={id}>{text.playground.model}</label>
        <input
          id={id}
          type="text"
          value={model}
          placeholder={text.playground.modelName}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onModel(event.target.value.trim())}
        />
        {models && models.length > 0 && (
          <button type="button" className="quiet" onClick={backToList}>
            {text.playground.backToList}
          </button>
        )}
      </div>
    )
  }

  const choose = (value: string) => {
    setTyping(value === otherModel)
    onModel(value === otherModel ? '' : value)
  }
  return (
    <div className="model-picker">
      <label htmlFor={id}>{text.playground.model}</label>
      <span className="select">
        <select id={id} value={model} disabled={!models} onChange={(event) => choose(event.target.value)}>
          {groupModels(models ?? []).map((group) => (
            <optgroup key={group.owner} label={group.owner || text.models.otherOwner}>
              {group.models.map(({ id: name }) => (
                <option key={name}>{name}</option>
              ))}
            </optgroup>
          ))}
          <option value={otherModel}>{text.playground.otherModel}</option>
        </select>
      </span>
    </div>
  )
}
