import { useCallback, useEffect, useReducer, useRef } from 'react'
import type { Gateway } from '../gateway/call-gateway.ts'
import { toRequestFailure } from '../gateway/request-failure.ts'
import { streamChat } from '../gateway/stream-chat.ts'
import { changeTurns, type Turn, toMessages } from './turns.ts'

export interface Chat {
  readonly turns: readonly Turn[]
  readonly isRunning: boolean
  readonly send: (model: string, prompt: string) => void
  readonly stop: () => void
  readonly clear: () => void
}

/** Runs a conversation, one turn at a time. Stopping or leaving the page cancels the call. */
export function useChat(gateway: Gateway, onFailure: () => void): Chat {
  const [turns, change] = useReducer(changeTurns, [])
  const running = useRef<AbortController>(undefined)
  const lastId = useRef(0)
  useEffect(() => () => running.current?.abort(), [])

  const send = async (model: string, prompt: string): Promise<void> => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    lastId.current += 1
    const id = lastId.current
    const startedAt = performance.now()
    const elapsed = () => performance.now() - startedAt
    change({ kind: 'sent', id, prompt, model })
    try {
      const request = { model, messages: toMessages(turns, prompt) }
      for await (const chunk of streamChat(gateway, request, controller.signal)) {
        change({ kind: 'received', id, chunk, elapsedMs: elapsed() })
      }
      change({ kind: 'ended', id, state: 'complete', elapsedMs: elapsed(), failure: undefined })
    } catch (error) {
      if (controller.signal.aborted) {
        change({ kind: 'ended', id, state: 'stopped', elapsedMs: elapsed(), failure: undefined })
        return
      }
      change({ kind: 'ended', id, state: 'failed', elapsedMs: elapsed(), failure: toRequestFailure(error) })
      onFailure()
    }
  }

  const stop = useCallback(() => running.current?.abort(), [])
  const clear = useCallback(() => {
    running.current?.abort()
    change({ kind: 'cleared' })
  }, [])
  const isRunning = turns.at(-1)?.state === 'running'
  return { turns, isRunning, send: (model, prompt) => void send(model, prompt), stop, clear }
}
