import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { readRecords } from '../faults/read-records.ts'
import { clientForms, oddForms, oddValues } from '../openai/form-variants.ts'
import { expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { transcription } from '../support/fixtures.ts'
import { bearer, type Gateway } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { readAndAskNext } from '../support/read-and-ask-next.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json } from '../support/upstream-scripts.ts'
import { askForm, formType } from './ask-form.ts'
import { openKeys } from './open-keys.ts'
import { type FormPart, toForm } from './to-form.ts'

const target = '/v1/audio/transcriptions'
const model: FormPart = ['model', 'whisper-1']
const file: FormPart = ['file', randomBytes(400_000), 'a.mp3']
const pricing = { config: { prices: { 'openai/whisper-1': { per_second: 0.0001 } } } }

describeOnBothStored('a strict form', (start, { startUpstream }) => {
  test('S81 case D1: passes byte for byte from every client', async () => {
    const { upstream, gateway } = await openKeys({ start, startUpstream })
    upstream.respond(json(200, transcription))
    for (const { how, type, body } of clientForms) {
      const response = await askForm(gateway, Buffer.from(body), { target, headers: { 'content-type': type } })
      expect(response.status, how).toBe(200)
      const exchange = await upstream.nextRequest()
      expect([exchange.bodyText, exchange.headers['content-type']]).toEqual([body, type])
    }
  })

  test('S85 case D1: is refused if parsers would read it differently', async () => {
    const { upstream, gateway, create } = await openKeys({ start, startUpstream })
    upstream.respond(json(200, transcription))
    const key = await create({ models: ['whisper-1'] })
    const secret = key.secret ?? undefined
    for (const { how, type, body } of [...oddForms, ...oddValues]) {
      const response = await askForm(gateway, Buffer.from(body), { target, secret, headers: { 'content-type': type } })
      expect([response.status, how]).toEqual([400, how])
      expectError(response, { code: 'invalid_form', message: /Let your HTTP client build the form/ })
    }
    expect(upstream.requests).toEqual([])
  })

  const whole = toForm([model, file])
  const cut = whole.length - 'form-of-a-test--\r\n'.length
  const ambiguousPart = 'content-disposition: form-data; name="a"; name="model"\r\n\r\ndear\r\n'

  test.each([
    ['after its end', Buffer.concat([whole, Buffer.from('x')])],
    ['at its end', whole.subarray(0, -4)],
    [
      'in a part after its file',
      Buffer.concat([whole.subarray(0, cut), Buffer.from(`form-of-a-test\r\n${ambiguousPart}`), whole]),
    ],
  ])(
    'S85 S58 case D1 case C18: refused %s is never sent completely, costs nothing, and ends cleanly',
    async (_where, body) => {
      const { upstream, gateway, create } = await openKeys({ start, startUpstream }, pricing)
      upstream.respond(json(200, transcription))
      const key = await create({ limits: { budgets: [{ usd: 1.315, per: 'month' }] } })
      for (const framing of ['length', 'chunked'] as const) {
        const headers = { 'content-type': formType, authorization: `Bearer ${key.secret}` }
        const { answer, next } = await askInTwo(gateway, headers, body, framing)
        expectError(answer, { code: 'invalid_form' })
        expect(next).toBe(200)
      }
      for (const { bodyBytes } of upstream.requests) expect(bodyBytes.includes('--form-of-a-test--')).toBe(false)
      const records = await readRecords(gateway)
      expect(records.map(({ cost_nano }) => cost_nano)).toEqual(records.map(() => 0))
      // The budget is available again; one call of unknown length reserves nearly all of it.
      expect((await askForm(gateway, whole, { target, secret: key.secret ?? undefined })).status).toBe(200)
    },
  )

  test('case D1: holds its last bytes back until its end is checked, and then completes', async () => {
    const { upstream, gateway } = await openKeys({ start, startUpstream })
    upstream.respond(json(200, transcription))
    const client = await openRawClient(gateway.url)
    const headers = { ...bearer, 'content-type': formType, 'content-length': String(whole.length) }
    await client.send(toRequestBytes({ method: 'POST', target, headers }))
    await client.send(whole.subarray(0, -2))
    const exchange = await upstream.nextHead()
    await client.send(whole.subarray(-2))
    await exchange.bodyComplete
    expect(exchange.bodyBytes.equals(whole)).toBe(true)
    expect((await client.readResponse()).status).toBe(200)
    client.destroy()
  })
})

/**
 * Sends a form with its last byte in a separate chunk, then `GET /livez` on the same connection, or on another if that one
 * is closed.
 */
async function askInTwo(
  gateway: Gateway,
  head: Readonly<Record<string, string>>,
  body: Buffer,
  framing: 'length' | 'chunked',
) {
  const client = await openRawClient(gateway.url)
  const isChunked = framing === 'chunked'
  const length = isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }
  await client.send(toRequestBytes({ method: 'POST', target, headers: { ...head, ...length } }))
  const toChunk = (bytes: Buffer) =>
    isChunked ? Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]) : bytes
  const send = async () => {
    await client.send(toChunk(body.subarray(0, -1)))
    await client.send(toChunk(body.subarray(-1)))
    if (isChunked) await client.send('0\r\n\r\n')
  }
  // A server may stop reading after it has refused a request.
  const sent = send().catch(() => undefined)
  return readAndAskNext(gateway, client, sent)
}
