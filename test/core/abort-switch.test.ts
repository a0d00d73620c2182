import { describe, expect, it } from 'vitest'
import { AbortSwitch, toAbortSignal } from '../../src/core/abort-switch.ts'

describe('AbortSwitch', () => {
  it('calls its listeners once, in the order in which they came, with the reason in place', () => {
    const aborting = new AbortSwitch()
    const seen: unknown[] = []
    aborting.addEventListener('abort', () => seen.push(['first', aborting.aborted, aborting.reason]))
    aborting.addEventListener('abort', () => seen.push('second'))
    aborting.abort('why')
    aborting.abort('again')
    expect(seen).toEqual([['first', true, 'why'], 'second'])
    expect(aborting.reason).toBe('why')
  })

  it('does not call a listener that was taken away, nor one that comes too late', () => {
    const aborting = new AbortSwitch()
    const seen: string[] = []
    const gone = () => seen.push('gone')
    aborting.addEventListener('abort', gone)
    aborting.removeEventListener('abort', gone)
    aborting.removeEventListener('abort', gone)
    aborting.abort(undefined)
    aborting.addEventListener('abort', () => seen.push('late'))
    expect(seen).toEqual([])
  })

  it('does not call a listener that another one has taken away', () => {
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
  it('follows a switch, with its reason', () => {
    const aborting = new AbortSwitch()
    const signal = toAbortSignal(aborting)
    expect(signal.aborted).toBe(false)
    aborting.abort('why')
    expect(signal.reason).toBe('why')
  })

  it('is aborted where the switch was before', () => {
    const aborting = new AbortSwitch()
    aborting.abort('why')
    expect(toAbortSignal(aborting).reason).toBe('why')
  })

  it('is a real signal itself', () => {
    const { signal } = new AbortController()
    expect(toAbortSignal(signal)).toBe(signal)
  })
})
