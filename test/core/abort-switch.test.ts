import { describe, expect, it } from 'vitest'
import { AbortSwitch, toAbortSignal } from '../../src/core/abort-switch.ts'

describe('AbortSwitch', () => {
  it('calls its listeners once, in the order of registration, after it sets the reason', () => {
    const aborting = new AbortSwitch()
    const seen: unknown[] = []
    aborting.addEventListener('abort', () => seen.push(['first', aborting.aborted, aborting.reason]))
    aborting.addEventListener('abort', () => seen.push('second'))
    aborting.abort('why')
    aborting.abort('again')
    expect(seen).toEqual([['first', true, 'why'], 'second'])
    expect(aborting.reason).toBe('why')
  })

  it('does not call a removed listener, nor one added after the abort', () => {
    const aborting = new AbortSwitch()
    const seen: string[] = []
    const removed = () => seen.push('removed')
    aborting.addEventListener('abort', removed)
    aborting.removeEventListener('abort', removed)
    aborting.removeEventListener('abort', removed)
    aborting.abort(undefined)
    aborting.addEventListener('abort', () => seen.push('late'))
    expect(seen).toEqual([])
  })

  it('does not call a listener that an earlier listener removes', () => {
    const aborting = new AbortSwitch()
    const seen: string[] = []
    const second = () => seen.push('second')
    aborting.addEventListener('abort', () => aborting.removeEventListener('abort', second))
    aborting.addEventListener('abort', second)
    aborting.abort(undefined)
    expect(seen).toEqual([])
  })
})

describe('toAbortSignal', () => {
  it('aborts with the reason of the switch', () => {
    const aborting = new AbortSwitch()
    const signal = toAbortSignal(aborting)
    expect(signal.aborted).toBe(false)
    aborting.abort('why')
    expect(signal.reason).toBe('why')
  })

  it('returns an aborted signal for an aborted switch', () => {
    const aborting = new AbortSwitch()
    aborting.abort('why')
    expect(toAbortSignal(aborting).reason).toBe('why')
  })

  it('returns a real signal unchanged', () => {
    const { signal } = new AbortController()
    expect(toAbortSignal(signal)).toBe(signal)
  })
})
