import { useCallback, useEffect, useState } from 'react'
import { recall, remember } from '../shared/remember.ts'
import type { Gateway } from './call-gateway.ts'
import { checkReadiness, type Readiness } from './check-readiness.ts'
import { listModels, type Models } from './list-models.ts'
import { type RequestFailure, toRequestFailure } from './request-failure.ts'

export type ModelList =
  | { readonly kind: 'loading' }
  | ({ readonly kind: 'listed' } & Models)
  | { readonly kind: 'failed'; readonly failure: RequestFailure }

export interface GatewayState {
  readonly gateway: Gateway
  readonly readiness: Readiness | undefined
  readonly modelList: ModelList
  /** An empty token clears the last one. */
  readonly setToken: (token: string) => void
  /** Requests readiness and models again. */
  readonly refresh: () => void
}

// The page is served beside the API, also below a path of another server.
const here = new URL('.', location.href)
const baseUrl = new URL('v1', here).href
const readinessUrl = new URL('readyz', here).href

/** Returns the status and the models of the Weir that serves this page. Refreshes both when the window regains focus. */
export function useGateway(): GatewayState {
  const [gateway, setGateway] = useState<Gateway>(() => ({ baseUrl, token: recall('tab', 'token') }))
  const [readiness, setReadiness] = useState<Readiness>()
  const [modelList, setModelList] = useState<ModelList>({ kind: 'loading' })
  const [round, setRound] = useState(0)
  const refresh = useCallback(() => setRound((last) => last + 1), [])

  useEffect(() => {
    addEventListener('focus', refresh)
    return () => removeEventListener('focus', refresh)
  }, [refresh])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round repeats the requests.
  useEffect(() => {
    const leaving = new AbortController()
    const unlessLeft = (act: () => void) => !leaving.signal.aborted && act()
    void checkReadiness(readinessUrl).then((state) => unlessLeft(() => setReadiness(state)))
    listModels(gateway, leaving.signal).then(
      (listed) => unlessLeft(() => setModelList({ kind: 'listed', ...listed })),
      (error) => unlessLeft(() => setModelList((last) => afterFailure(last, toRequestFailure(error)))),
    )
    return () => leaving.abort()
  }, [gateway, round])

  const setToken = useCallback((token: string) => {
    remember('tab', 'token', token)
    setGateway({ baseUrl, token: token || undefined })
  }, [])

  return { gateway, readiness, modelList, setToken, refresh }
}

// An unreachable server keeps its models on the page; a refusal replaces them.
function afterFailure(last: ModelList, failure: RequestFailure): ModelList {
  return last.kind === 'listed' && failure.reason === 'unreachable' ? last : { kind: 'failed', failure }
}
