import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { generate, idOf, pathOf, urlOf } from '../pipeline/images/image-calls.ts'
import { png, pngBase64 } from '../pipeline/images/pictures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { startS3 } from '../support/start-s3.ts'
import { json } from '../support/upstream-scripts.ts'

test('R67 returns images inline while the folder is not writable, and stores them again once it is', async () => {
  const { gateway, folder } = await start()
  const before = urlOf((await generate(gateway, { model: 'gpt-image-1' })).body)
  await rename(join(folder, 'images'), join(folder, 'elsewhere'))
  await writeFile(join(folder, 'images'), 'in the way')
  const left = await generate(gateway, { model: 'gpt-image-1' })
  expect([left.status, left.headers.get('x-weir-images'), left.body.data]).toEqual([
    200,
    'not-kept',
    [{ b64_json: pngBase64 }],
  ])
  expect(await gateway.findLog(({ cause }) => cause !== undefined)).toMatchObject({
    status: 200,
    cause: expect.stringContaining('ENOTDIR'),
  })
  const lost = await fetch(before)
  expect([lost.status, await lost.json()]).toMatchObject([503, { error: { code: 'store_unavailable' } }])
  await rm(join(folder, 'images'))
  await rename(join(folder, 'elsewhere'), join(folder, 'images'))
  expect((await fetch(before)).status).toBe(200)
  expect((await generate(gateway, { model: 'gpt-image-1' })).headers.get('x-weir-images')).toBe('kept')
})

test('R71 responds 404 for an image without its bytes', async () => {
  const { gateway, folder } = await start()
  const { body } = await generate(gateway, { model: 'gpt-image-1' })
  await rm(join(folder, 'images', idOf(pathOf(body))))
  expect((await fetch(urlOf(body))).status).toBe(404)
})

test('stores images in an S3-compatible bucket, without files next to the database', async () => {
  const directory = await makeFolder()
  const { port, close } = await startS3(directory, 'pictures')
  onTestFinished(close)
  const s3 = {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: 'pictures',
    access_key_id: 'S3RVER',
    secret_access_key: 'S3RVER',
  }
  const { gateway, folder } = await start({ storage: { s3 } })
  const { headers, body } = await generate(gateway, { model: 'gpt-image-1' })
  expect(headers.get('x-weir-images')).toBe('kept')
  const image = await fetch(urlOf(body))
  expect(image.headers.get('content-type')).toBe('image/png')
  expect(Buffer.from(await image.arrayBuffer())).toEqual(png)
  expect(await readdir(folder)).not.toContain('images')
  expect((await readdir(join(directory, 'pictures'))).join()).toContain(idOf(pathOf(body)))
})

async function start(config?: object) {
  const folder = await makeFolder()
  const upstream = await startScriptedUpstream()
  onTestFinished(upstream.close)
  upstream.respond(json(200, { created: 1, data: [{ b64_json: pngBase64 }] }))
  const gateway = await startNodeGateway({ env: { ...toOpenAIEnv(upstream), STORAGE_PATH: folder }, config })
  onTestFinished(gateway.close)
  return { gateway, folder }
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-images-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
