import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Settings } from '../../../config/settings.ts'
import { AbortSwitch } from '../../../core/abort-switch.ts'
import { isByteStream } from '../../../core/answer.ts'
import type { GatewayError } from '../../../core/errors.ts'
import type { App } from '../../../http/app.ts'
import { createSlots } from './create-slots.ts'
import { NodeInbound } from './node-inbound.ts'
import { writeAnswer } from './write-answer.ts'

export interface Listener {
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Resolves when no call is running and nothing is left to be done for one; after `deadlineMs` those that still run are ended with `reason`. */
  drain(deadlineMs: number, reason: GatewayError): Promise<void>
}

/** A running call that can be ended early, in a way that its caller can tell from success. */
interface Interruptible {
  abort(reason: GatewayError): void
}

/** How long a caller who is still sending is read, and thrown away, so that it sees the refusal instead of a reset. */
const lingerMs = 2_000
/** What the last bytes of a cut stream get to leave. */
const flushMs = 500

/** Carries requests of `node:http` to the app and its answers back. */
export function createListener(app: App, { limits, streams }: Settings): Listener {
  const running = createSlots<Interruptible>()
  let deferred = 0
  let isDraining = false
  let whenIdle = () => {}

  function tellIdle(): void {
    if (running.count() === 0 && deferred === 0) whenIdle()
  }

  function settleDeferred(): void {
    deferred -= 1
    tellIdle()
  }

  /** What a call leaves to be done, such as its record; a server that stops waits for it too. */
  function defer(work: Promise<unknown>): void {
    deferred += 1
    work.then(settleDeferred, settleDeferred)
  }

  function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortSwitch()
    const slot = running.fill(gone)
    response.on('close', () => {
      running.free(slot)
      tellIdle()
      if (!response.writableFinished) gone.abort(undefined)
    })
    const inbound = new NodeInbound(request, response, { gone, defer, maxHeaders: limits.headerCount })
    return app.handle(inbound).then((answer) => {
      if (answer === undefined || response.destroyed) {
        // The caller has left.
        if (answer !== undefined && isByteStream(answer.body)) answer.body.cancel()
        response.destroy()
        return
      }
      const { body } = answer
      if (isByteStream(body)) {
        running.refill(slot, {
          abort: (reason) => (body.interrupt === undefined ? response.destroy() : body.interrupt(reason)),
        })
      }
      if (!request.complete) linger(request, response)
      if (isDraining) response.setHeader('connection', 'close')
      writeAnswer(answer, response, streams.stalledReaderMs)
    })
  }

  return {
    // Whatever could still be thrown concerns one connection, not the process.
    handle: (request, response) => void serve(request, response).catch(() => response.destroy()),
    async drain(deadlineMs, reason) {
      isDraining = true
      const idle = new Promise<void>((resolve) => {
        whenIdle = resolve
        tellIdle()
      })
      const interrupt = setTimeout(() => {
        for (const call of running.members()) call.abort(reason)
      }, deadlineMs)
      const giveUp = setTimeout(() => whenIdle(), deadlineMs + flushMs)
      await idle
      clearTimeout(interrupt)
      clearTimeout(giveUp)
    },
  }
}

function linger(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    request.resume()
    const cut = setTimeout(() => request.destroy(), lingerMs)
    request.once('close', () => clearTimeout(cut))
    request.once('end', () => clearTimeout(cut))
  })
}
