import { expect, test } from 'vitest'
import { parse, problemsOf } from './parse.ts'

const s3 = {
  endpoint: 'https://s3.eu-central-1.amazonaws.com/',
  bucket: 'pictures',
  region: 'eu-central-1',
  access_key_id: 'AKIA1',
  secret_access_key: 'very/secret+1',
}

test('stores in the operator’s folder, or nowhere', () => {
  expect(parse({ env: { STORAGE_PATH: '/var/lib/weir' } }).storage.path).toBe('/var/lib/weir')
  const nothing = parse({ env: { STORAGE_PATH: 'none' } })
  expect([nothing.storage.path, nothing.images.keep]).toEqual([undefined, false])
  expect(parse({ config: { storage: { path: 'none' } } }).storage.path).toBeUndefined()
})

test('ignores the path on Workers, which store in their bindings', () => {
  const settings = parse({ env: { STORAGE_PATH: '/var/lib/weir' }, platform: 'workers' })
  expect([settings.storage.path, settings.images.keep]).toEqual([undefined, true])
  expect(parse({ env: { IMAGES_KEEP: 'no' }, platform: 'workers' }).images.keep).toBe(false)
})

test('counts retention in days', () => {
  const dayMs = 86_400_000
  const settings = parse({ env: { SESSION_RETENTION_DAYS: '30', IMAGE_RETENTION_DAYS: '1' } })
  expect([settings.sessions.retentionMs, settings.images.retentionMs]).toEqual([30 * dayMs, dayMs])
  expect(problemsOf({ env: { SESSION_RETENTION_DAYS: '-1' } })).toEqual([
    'SESSION_RETENTION_DAYS: must be a whole number from 0 to 36500.',
  ])
  expect(problemsOf({ env: { IMAGE_RETENTION_DAYS: '1.5' } })).toEqual([
    'IMAGE_RETENTION_DAYS: must be a whole number (days).',
  ])
})

test('stores images in a bucket', () => {
  const secret = { S3_SECRET: 'very/secret+1' }
  const { storage } = parse({ env: secret, config: { storage: { s3: { ...s3, secret_access_key: `\${S3_SECRET}` } } } })
  expect(storage).toEqual({
    path: '.weir',
    s3: {
      endpoint: 'https://s3.eu-central-1.amazonaws.com',
      bucket: 'pictures',
      region: 'eu-central-1',
      accessKeyId: 'AKIA1',
      secretAccessKey: 'very/secret+1',
    },
  })
  const { region: _region, ...withoutRegion } = s3
  expect(parse({ config: { storage: { s3: withoutRegion } } }).storage.s3?.region).toBe('auto')
})

test('reports each missing key of a bucket once, and never its secret', () => {
  expect(
    problemsOf({ config: { storage: { s3: { bucket: 'pictures', secret_access_key: 'very/secret+1' } } } }),
  ).toEqual(
    ['endpoint', 'access_key_id'].map(
      (key) => `storage.s3.${key}: is missing. Set it, or remove the other keys of \`storage.s3\`.`,
    ),
  )
  const problems = problemsOf({ config: { storage: { s3: { ...s3, endpoint: 'https://s3.example.com/pictures' } } } })
  expect(problems).toEqual([expect.stringMatching(/^storage\.s3\.endpoint: must be only scheme and host/)])
})

test('reports storage settings that conflict', () => {
  expect(problemsOf({ config: { storage: { path: 'none', s3 } } })).toEqual([
    'storage.s3: needs `storage.path` as well. Set it to a folder for the list of the images in the bucket.',
  ])
  expect(problemsOf({ config: { storage: { s3 } }, platform: 'workers' })).toEqual([
    'storage.s3: is for Node only. Remove it: a Worker stores images in the R2 bucket that is bound as IMAGES.',
  ])
  expect(problemsOf({ env: { STORAGE_PATH: 'none', IMAGES_KEEP: 'true' } })).toEqual([
    'IMAGES_KEEP: needs storage for images, but `storage.path` is `none`. Set it to a folder.',
  ])
})

test('accepts the public URL with or without a slash at the end', () => {
  for (const url of ['https://ai.example.com', 'https://AI.example.com/', 'https://ai.example.com:443'])
    expect(parse({ env: { PUBLIC_URL: url } }).server.publicUrl).toBe('https://ai.example.com')
  expect(parse({ env: { PUBLIC_URL: 'http://localhost:8787' } }).server.publicUrl).toBe('http://localhost:8787')
})

test.each([
  'ai.example.com',
  'ftp://ai.example.com',
  'https://ai.example.com/weir',
  'https://ai.example.com/?a=b',
  'https://ai.example.com/?',
  'https://ai.example.com/#a',
  'https://user@ai.example.com',
  'https://',
])('refuses the public URL %s', (url) => {
  expect(problemsOf({ env: { PUBLIC_URL: url } })).toEqual([
    'PUBLIC_URL: must be only scheme and host, such as https://ai.example.com or http://localhost:8787.',
  ])
})
