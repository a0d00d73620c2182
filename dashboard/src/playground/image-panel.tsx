import { useEffect, useRef, useState } from 'react'
import type { Gateway } from '../gateway/call-gateway.ts'
import { createImage, type Picture } from '../gateway/create-image.ts'
import { type RequestFailure, toRequestFailure } from '../gateway/request-failure.ts'
import { FailureNote } from '../shared/failure-note.tsx'
import { useLanguage } from '../shared/language.tsx'
import { Composer } from './composer.tsx'

interface ImagePanelProps {
  readonly gateway: Gateway
  readonly model: string
  readonly onFailure: () => void
}

type Drawing =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'drawn'; readonly prompt: string; readonly picture: Picture }
  | { readonly kind: 'failed'; readonly failure: RequestFailure }

export function ImagePanel({ gateway, model, onFailure }: ImagePanelProps) {
  const { text } = useLanguage()
  const [draft, setDraft] = useState('')
  const [drawing, setDrawing] = useState<Drawing>({ kind: 'none' })
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const draw = async (prompt: string) => {
    const controller = new AbortController()
    running.current = controller
    setDrawing({ kind: 'running' })
    try {
      const picture = await createImage(gateway, { model, prompt }, controller.signal)
      setDrawing({ kind: 'drawn', prompt, picture })
    } catch (error) {
      if (controller.signal.aborted) return setDrawing({ kind: 'none' })
      setDrawing({ kind: 'failed', failure: toRequestFailure(error) })
      onFailure()
    }
  }

  return (
    <div className="play">
      <section
        className="stage"
        aria-live="polite"
        aria-busy={drawing.kind === 'running'}
        aria-label={text.playground.images}
      >
        <Result drawing={drawing} />
      </section>
      <Composer
        label={text.image.prompt}
        placeholder={text.image.placeholder}
        sendLabel={text.image.create}
        draft={draft}
        onDraft={setDraft}
        onSend={model === '' ? undefined : draw}
        onStop={drawing.kind === 'running' ? () => running.current?.abort() : undefined}
      />
    </div>
  )
}

function Result({ drawing }: { readonly drawing: Drawing }) {
  const { text } = useLanguage()
  switch (drawing.kind) {
    case 'none':
      return (
        <div className="empty">
          <p>{text.image.empty}</p>
        </div>
      )
    case 'running':
      return <p className="waiting">{text.image.drawing}</p>
    case 'failed':
      return <FailureNote failure={drawing.failure} />
    case 'drawn':
      return <Drawn prompt={drawing.prompt} picture={drawing.picture} />
  }
}

function Drawn({ prompt, picture }: { readonly prompt: string; readonly picture: Picture }) {
  const { text } = useLanguage()
  if (picture.kind === 'remote') {
    return (
      <p>
        <a href={picture.url} target="_blank" rel="noreferrer noopener">
          {text.image.remote}
        </a>
      </p>
    )
  }
  return (
    <figure className="picture">
      <img src={picture.dataUrl} alt={prompt} />
      <figcaption>
        <span>{prompt}</span>
        <a href={picture.dataUrl} download={`weir.${picture.extension}`}>
          {text.image.download}
        </a>
      </figcaption>
    </figure>
  )
}
