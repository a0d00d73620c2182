import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../bench/crash/start-server.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json } from '../support/upstream-scripts.ts'

// `prlimit` is part of util-linux.
const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0

describe.runIf(canLimit)('a server without free file descriptors, on Node', () => {
  test('R68 serves connected callers, and all others as soon as descriptors are free again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weir-descriptors-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const upstream = await startScriptedUpstream()
    onTestFinished(upstream.close)
    upstream.respond(json(200, chatCompletion))
    const { child, origin } = await startServer(folder, toOpenAIEnv(upstream))
    onTestFinished(async () => {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    })
    const chat = toRequestBytes({ target: '/v1/chat/completions', body: chatRequest, headers: bearer })
    const caller = await openRawClient(origin)
    onTestFinished(caller.destroy)
    await caller.send(toRequestBytes({ target: '/v1/models', headers: bearer }))
    expect((await caller.readResponse()).status).toBe(200)
    const limit = (maximum: number) =>
      expect(spawnSync('prlimit', ['--pid', String(child.pid), `--nofile=${maximum}:`]).status).toBe(0)
    const descriptors = async () => (await readdir(`/proc/${child.pid}/fd`)).map(Number)
    // The limit applies to descriptor numbers, of which some below it are free.
    const maximum = 1 + Math.max(...(await descriptors()))
    limit(maximum)
    const others: Socket[] = []
    onTestFinished(() => void others.map((socket) => socket.destroy()))
    const connectMore = () => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1')
      socket.on('error', () => {})
      others.push(socket)
    }
    for (let count = 0; count < maximum + 50; count++) connectMore()
    // Without a free descriptor, libuv closes all waiting connections, even if a file briefly used the last one.
    while ((await descriptors()).length < maximum) {
      connectMore()
      await pause(20)
    }
    // The caller is connected already. A connection to the provider may or may not succeed.
    await caller.send(chat)
    const response = await caller.readResponse()
    expect([200, 502, 503], response.text).toContain(response.status)
    expect(response.text).not.toContain('EMFILE')
    for (const socket of others) socket.destroy()
    limit(4_096)
    await caller.send(chat)
    expect((await caller.readResponse()).status).toBe(200)
    const newcomer = await openRawClient(origin)
    onTestFinished(newcomer.destroy)
    await newcomer.send(chat)
    expect((await newcomer.readResponse()).status).toBe(200)
  })
})
