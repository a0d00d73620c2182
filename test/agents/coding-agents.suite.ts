import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, type ExpectStatic, type TestContext, test } from 'vitest'
import { isTurn, type Turn, turnCost, turnUsage } from './fake-model.ts'
import { pairs } from './pairs.ts'
import versions from './programs/package.json' with { type: 'json' }
import type { SeenRequest } from './record-traffic.ts'
import type { Desk, Ended } from './run-agent.ts'
import { openStage, type Stage } from './stage.ts'
import { callerKey } from './start-weir.ts'
import { createTranscript, type Scenario } from './transcript.ts'

// Real coding agents, each in a home of its own, against the built server. Only the provider is played. `npm run agents`
// runs this in a network namespace with nothing but loopback.

const folder = process.env.AGENT_TRANSCRIPTS

if (Object.keys(networkInterfaces()).join() !== 'lo')
  throw new Error('The agents could reach other machines from here. Run them with `npm run agents`.')

/** Headers that Weir withholds from a provider or writes itself: credentials, addresses, this connection, this client. */
const withheld =
  /^(authorization|x-api-key|x-goog-api-key|host|connection|accept-encoding|accept-language|content-length|user-agent|sec-.*)$/

const longText = Array.from({ length: 2_000 }, (_, index) => `line-${index}`).join(' ')

describe.concurrent.each(pairs)('$name', (pair) => {
  const { agent, model, isNative } = pair
  const transcript = createTranscript(pair, versions.dependencies[agent.package])
  afterAll(() => {
    if (folder !== undefined) transcript.write(folder)
  })

  async function open(context: TestContext, toTurns: (desk: Desk) => readonly Turn[]) {
    // Before anything is awaited: scenarios run two at a time, and the transcript keeps their order.
    const scenario = transcript.add(context.task.name)
    const stage = await openStage(pair, toTurns)
    context.onTestFinished(() => stage.close())
    context.onTestFailed(() =>
      console.error(`${stage.traffic.requests.map(toLine).join('\n')}\n${stage.weir.output()}`),
    )
    const run = async (args: readonly string[]): Promise<Ended> => {
      const ended = await stage.start(args).ended
      scenario.addRun(stage.desk, args, ended)
      return ended
    }
    return { stage, scenario, run, judge: () => judge(stage, scenario, context.expect) }
  }

  /** Checks what all scenarios share, and returns the records of the turns in their order. */
  async function judge({ traffic, upstream, weir }: Stage, scenario: Scenario, expect: ExpectStatic) {
    const failures = traffic.requests.filter(({ status }) => status === undefined || (status >= 400 && status !== 429))
    expect(failures.map(toLine).filter((line) => !agent.tolerated.includes(line))).toEqual([])
    expect([...weir.faults(), ...upstream.faults]).toEqual([])

    const records = await weir.records()
    const calls = traffic.requests.map((request) => ({
      request,
      record: records.find(({ request_id: id }) => id === request.requestId),
      isTurn: offersTools(request),
    }))
    scenario.addCalls(calls)
    const sent = calls.filter(({ record }) => record !== undefined)
    expect([sent.length, upstream.requests.length]).toEqual([records.length, records.length])
    for (const { request, record } of sent) {
      expect(record?.status).toBe(request.status)
      if (agent.sessionHeader !== undefined)
        expect(record?.tags).toContain(`session:${request.headers[agent.sessionHeader]}`)
      // Byte for byte, with every header that Weir does not withhold.
      const kept = Object.entries(request.headers).filter(([name]) => !withheld.test(name))
      if (isNative)
        expect(upstream.requests.map(({ bodyText, headers }) => ({ bodyText, headers }))).toContainEqual({
          bodyText: request.body,
          headers: expect.objectContaining(Object.fromEntries(kept)),
        })
    }
    for (const { headers } of upstream.requests) expect(Object.values(headers).join()).not.toContain(callerKey)
    return sent.filter(({ isTurn }) => isTurn).map(({ record }) => record)
  }

  const settled = {
    outcome: 'ok',
    status: 200,
    provider: 'upstream',
    model: model.model,
    input_tokens: turnUsage.input,
    cached_input_tokens: turnUsage.cached,
    output_tokens: turnUsage.output,
    cost_usd: turnCost,
    cost_source: 'usage',
  }

  test('runs a tool and reports its result', async (context) => {
    const { expect } = context
    const content = 'A file that the model asked for.'
    const { stage, run, judge } = await open(context, ({ project }) => [
      { kind: 'tool', call: agent.writeFile(join(project, 'note.txt'), content) },
    ])
    const { code, stdout } = await run(agent.run('Write a note.'))
    expect(code).toBe(0)
    expect(stdout).toContain('That is done.')
    expect(readFileSync(join(stage.desk.project, 'note.txt'), 'utf8').trimEnd()).toBe(content)
    expect(stage.upstream.requests.findLast(isTurn)?.bodyText).toContain(model.callId)
    expect(await judge()).toMatchObject([settled, settled])
  })

  test('shows an answer of 2,000 deltas whole', async (context) => {
    const { expect } = context
    const { run, judge } = await open(context, () => [{ kind: 'text', text: longText, deltas: 2_000 }])
    const { code, stdout } = await run(agent.run('Count to two thousand.'))
    expect(code).toBe(0)
    expect(stdout.split(/\s+/).join(' ')).toContain(longText)
    expect(await judge()).toMatchObject([settled])
  })

  test('is interrupted in the middle of an answer, which Weir cancels and settles', async (context) => {
    const { expect } = context
    const { stage, scenario, judge } = await open(context, () => [{ kind: 'stalled', text: 'Once upon a time' }])
    const args = agent.run('Tell me a story.')
    const running = stage.start(args)
    await stage.traffic.answered((request) => request.status === 200 && offersTools(request))
    running.interrupt()
    scenario.addRun(stage.desk, args, await running.ended, 'interrupted')
    await stage.upstream.requests.find(isTurn)?.closed
    const [record] = await judge()
    expect(record).toMatchObject({ outcome: 'client_gone', status: 200, model: model.model, cost_source: 'estimated' })
    expect(Number(record?.cost_usd)).toBeGreaterThan(0)
  })

  test('waits as long as a 429 says, and tries again', async (context) => {
    const { expect } = context
    const { stage, run, judge } = await open(context, () => [{ kind: 'busy', retryAfterSeconds: 1 }])
    const { code, stdout } = await run(agent.run('Say that it is done.'))
    expect(code).toBe(0)
    expect(stdout).toContain('That is done.')
    const [first, second] = stage.upstream.requests.filter(isTurn).map(({ receivedAt }) => receivedAt)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000)
    const refused = { outcome: 'upstream_error', status: 429, cost_usd: '0' }
    expect(await judge()).toMatchObject([refused, settled])
  })

  test('continues a conversation over three turns, as one session', async (context) => {
    const { expect } = context
    const answers = ['The first answer.', 'The second answer.', 'The third answer.']
    const { stage, run, judge } = await open(context, () => answers.map((text) => ({ kind: 'text', text })))
    const prompts = ['The first question?', 'The second question?', 'The third question?']
    for (const [index, prompt] of prompts.entries()) {
      const { code, stdout } = await run(index === 0 ? agent.run(prompt) : agent.resume(prompt))
      expect(code).toBe(0)
      expect(stdout).toContain(answers[index])
    }
    const last = stage.upstream.requests.findLast(isTurn)?.bodyText ?? ''
    for (const text of [...prompts, ...answers.slice(0, 2)]) expect(last).toContain(text)
    const records = await judge()
    expect(records).toMatchObject([settled, settled, settled])
    expect(new Set(records.map((record) => record?.tags.join())).size).toBe(1)
  })
})

function offersTools({ body }: SeenRequest): boolean {
  return body !== '' && isTurn({ bodyJson: JSON.parse(body) as unknown })
}

function toLine({ method, target, status }: SeenRequest): string {
  return `${method} ${target} ${status}`
}
