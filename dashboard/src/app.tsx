import { useState } from 'react'
import { ConnectPanel } from './connect/connect-panel.tsx'
import { ModelList } from './connect/model-list.tsx'
import type { Model } from './gateway/list-models.ts'
import { guessUse, type ModelUse, preferredModel } from './gateway/sort-models.ts'
import { useGateway } from './gateway/use-gateway.ts'
import { Playground, type Trial } from './playground/playground.tsx'
import { AccessCard } from './shared/access-card.tsx'
import { CopyButton } from './shared/copy-button.tsx'
import { useLanguage } from './shared/language.tsx'
import { PageHeader } from './shared/page-header.tsx'
import { River } from './shared/river.tsx'

const noModels: readonly Model[] = []

export function App() {
  const { gateway, readiness, modelList, setToken, refresh } = useGateway()
  const [choice, setChoice] = useState<Partial<Trial>>({})
  const models = modelList.kind === 'listed' ? modelList.models : noModels
  const trial: Trial = { tab: 'chat', chat: firstFor('chat', models), images: firstFor('images', models), ...choice }
  const refused =
    modelList.kind === 'failed' && modelList.failure.details.status === 401 ? modelList.failure : undefined

  const changeTrial = (change: Partial<Trial>) => setChoice((last) => ({ ...last, ...change }))
  const tryModel = (model: string, use: ModelUse) => {
    changeTrial(use === 'images' ? { tab: 'images', images: model } : { tab: 'chat', chat: model })
    document.getElementById('playground')?.scrollIntoView({ block: 'nearest' })
  }

  return (
    <>
      <PageHeader
        readiness={readiness}
        notKept={modelList.kind === 'listed' ? modelList.notKept : undefined}
        onForget={gateway.token ? () => setToken('') : undefined}
      />
      <Introduction baseUrl={gateway.baseUrl} />
      <main>
        {refused && <AccessCard failure={refused} isRefused={gateway.token !== undefined} onToken={setToken} />}
        <Playground
          gateway={gateway}
          models={modelList.kind === 'loading' ? undefined : models}
          trial={trial}
          isHidden={refused !== undefined}
          onTrial={changeTrial}
          onFailure={refresh}
        />
        <ConnectPanel
          baseUrl={gateway.baseUrl}
          model={trial.chat || 'demo/chat'}
          needsToken={refused !== undefined || gateway.token !== undefined}
        />
        {!refused && <ModelList list={modelList} onTry={tryModel} onRetry={refresh} />}
      </main>
    </>
  )
}

function Introduction({ baseUrl }: { readonly baseUrl: string }) {
  const { text } = useLanguage()
  return (
    <section className="introduction">
      <div>
        <h1>{text.headline}</h1>
        <p>{text.whatItIs}</p>
      </div>
      <River />
      <p className="address">
        <span>{text.baseUrl}</span>
        <code>{baseUrl}</code>
        <CopyButton value={baseUrl} label={text.baseUrl} />
      </p>
    </section>
  )
}

function firstFor(use: ModelUse, models: readonly Model[]): string {
  return preferredModel(models.filter((model) => guessUse(model.id) === use))
}
