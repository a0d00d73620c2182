import { afterEach, describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { chatChunks } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { flood, hangUp, reset, silent, sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'
import { startWeirProcess, type WeirProcess } from './start-weir-process.ts'

/** Every unhandled rejection ends the process, and every warning prints its stack. */
const strict = ['--unhandled-rejections=strict', '--trace-warnings', '--disable-warning=ExperimentalWarning']

describe('a Node process with strict warnings', () => {
  let upstream: ScriptedUpstream | undefined
  let child: WeirProcess | undefined

  afterEach(async () => {
    await child?.close()
    await upstream?.close()
  })

  test('R59 the process prints no warning and still serves after 400 callers have disconnected at every stage', async () => {
    upstream = await startScriptedUpstream()
    const config = { streams: { hold_headers_ms: 20, heartbeat_ms: 20 }, timeouts: { first_byte_ms: 200 } }
    child = await startWeirProcess({ ...toOpenAIEnv(upstream), WEIR_CONFIG: JSON.stringify(config) }, strict)
    const gateway = child
    const scripts = [
      silent(),
      sse([...chatChunks.slice(0, 2), createGate()]),
      sse(chatChunks),
      sse(chatChunks, { cutAfterEvents: 2, ending: 'reset' }),
      flood({ totalBytes: 4_000_000 }),
      reset(),
      hangUp(),
    ]
    for (let round = 0; round < 20; round++) {
      const [script] = scripts.splice(0, 1)
      if (script === undefined) throw new Error('the list of scripts is never empty')
      scripts.push(script)
      upstream.respond(script)
      await Promise.all(Array.from({ length: 20 }, (_, index) => connectAndLeave(gateway, index)))
    }
    await upstream.socketsDownTo(0, 10_000)
    expect(await probe(gateway, upstream)).toBe(200)
    gateway.signal('SIGTERM')
    expect(await gateway.exited).toBe(0)
    const printed = gateway
      .output()
      .split('\n')
      .filter((line) => !line.startsWith('{'))
    expect(printed.filter((line) => /warning|unhandled|Error|^\s+at /i.test(line))).toEqual([])
    expect(gateway.faults()).toEqual([])
  })
})

test('R59 the process still serves after the reader of its log has closed the pipe', async () => {
  const gateway = await startWeirProcess({ DEMO: 'true', STORAGE_PATH: 'none', TOKEN: gatewayToken })
  gateway.closeOutput()
  for (let count = 0; count < 20; count++) expect((await ask(gateway, { target: '/v1/models' })).status).toBe(200)
  gateway.signal('SIGTERM')
  expect(await gateway.exited).toBe(0)
  await gateway.close()
})

/** Disconnects at once, at the headers or at the first event; with a regular close or a reset. */
async function connectAndLeave(gateway: WeirProcess, index: number): Promise<void> {
  const client = await sendChat(gateway, { stream: index % 3 !== 0 })
  const stage = [undefined, 'HTTP/1.1', 'data: '][index % 4]
  // Some scripts never reach the stage.
  if (stage !== undefined) await client.readUntil(stage, 400).catch(() => undefined)
  if (index % 2 === 0) client.reset()
  else client.destroy()
}

async function probe(gateway: WeirProcess, upstream: ScriptedUpstream): Promise<number> {
  upstream.respond(sse(chatChunks))
  const client = await sendChat(gateway)
  const { status } = await client.readResponse()
  client.destroy()
  return status
}
