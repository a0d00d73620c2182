import type { Gateway } from '../gateway/call-gateway.ts'
import type { Model } from '../gateway/list-models.ts'
import { guessUse } from '../gateway/sort-models.ts'
import { useLanguage } from '../shared/language.tsx'
import { Tabs } from '../shared/tabs.tsx'
import { ChatPanel } from './chat-panel.tsx'
import { ImagePanel } from './image-panel.tsx'
import { ModelPicker } from './model-picker.tsx'

export type PlaygroundTab = 'chat' | 'images'

/** The selected tab and models. The list of models and the examples depend on them too. */
export interface Trial {
  readonly tab: PlaygroundTab
  readonly chat: string
  readonly images: string
}

interface PlaygroundProps {
  readonly gateway: Gateway
  /** Undefined while they load. */
  readonly models: readonly Model[] | undefined
  readonly trial: Trial
  /** Hides the panel and keeps it mounted, so a conversation survives a request for a token. */
  readonly isHidden: boolean
  readonly onTrial: (change: Partial<Trial>) => void
  readonly onFailure: () => void
}

export function Playground({ gateway, models, trial, isHidden, onTrial, onFailure }: PlaygroundProps) {
  const { text } = useLanguage()
  const chatModels = models?.filter((model) => guessUse(model.id) === 'chat')
  const imageModels = models?.filter((model) => guessUse(model.id) === 'images') ?? []
  const chat = {
    id: 'chat',
    label: text.playground.chat,
    panel: (
      <>
        <ModelPicker models={chatModels} model={trial.chat} onModel={(model) => onTrial({ chat: model })} />
        <ChatPanel gateway={gateway} model={trial.chat} onFailure={onFailure} />
      </>
    ),
  } as const
  const images = {
    id: 'images',
    label: text.playground.images,
    panel: (
      <>
        <ModelPicker models={imageModels} model={trial.images} onModel={(model) => onTrial({ images: model })} />
        <ImagePanel gateway={gateway} model={trial.images} onFailure={onFailure} />
      </>
    ),
  } as const

  return (
    <section className="card playground" id="playground" hidden={isHidden} aria-labelledby="playground-title">
      <h2 id="playground-title">{text.playground.title}</h2>
      <Tabs
        label={text.playground.title}
        tabs={imageModels.length > 0 ? [chat, images] : [chat]}
        selected={imageModels.length > 0 ? trial.tab : 'chat'}
        onSelect={(tab) => onTrial({ tab })}
      />
    </section>
  )
}
