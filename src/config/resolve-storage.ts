import { dayMs } from '../core/time.ts'
import type { Problems } from './problems.ts'
import type { CompleteConfig } from './schema.ts'
import type { S3Settings, Settings } from './settings.ts'
import { toRecord } from './to-record.ts'

const needed = ['endpoint', 'bucket', 'access_key_id', 'secret_access_key'] as const

/** What is kept, where and for how long. */
export function resolveStorage(
  { storage, sessions, images, metering, prices }: CompleteConfig,
  platform: 'node' | 'workers',
  problems: Problems,
): Pick<Settings, 'storage' | 'sessions' | 'images' | 'metering'> {
  const path = platform === 'workers' || storage.path.toLowerCase() === 'none' ? undefined : storage.path
  const hasStorage = platform === 'workers' || path !== undefined
  const s3 = resolveS3(storage.s3, problems)
  if (s3 !== undefined && platform === 'workers')
    problems.add(['storage', 's3'], 'is for Node. A Worker keeps its images in the R2 bucket that is bound as IMAGES')
  if (!hasStorage && s3 !== undefined)
    problems.add(['storage', 's3'], 'needs `storage.path` as well, for the list of what the bucket holds')
  if (!hasStorage && images.keep === true)
    problems.add(['images', 'keep'], 'has nowhere to keep images, since `storage.path` is `none`. Name a folder there')
  return {
    metering: resolveMetering({ metering, prices }, hasStorage, problems),
    storage: { path, s3 },
    sessions: { retentionMs: sessions.retention_days * dayMs },
    images: {
      keep: images.keep ?? hasStorage,
      retentionMs: images.retention_days * dayMs,
      maxBytes: images.max_bytes,
      fetchTimeoutMs: images.fetch_timeout_ms,
    },
  }
}

function resolveMetering(
  { metering, prices }: Pick<CompleteConfig, 'metering' | 'prices'>,
  hasStorage: boolean,
  problems: Problems,
): Settings['metering'] {
  if (!hasStorage && metering.enabled === true)
    problems.add(
      ['metering', 'enabled'],
      'has nowhere to keep records, since `storage.path` is `none`. Name a folder there',
    )
  return {
    isOn: metering.enabled ?? hasStorage,
    defaultMaxTokens: metering.default_max_tokens,
    unpriced: metering.unpriced,
    onStoreFailure: metering.on_store_failure,
    retentionMs: metering.retention_days * dayMs,
    prices: toRecord(Object.entries(prices)),
  }
}

function resolveS3(s3: CompleteConfig['storage']['s3'], problems: Problems): S3Settings | undefined {
  const { endpoint, bucket, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = s3
  if (needed.every((name) => s3[name] === undefined)) return undefined
  for (const name of needed) {
    const path = ['storage', 's3', name]
    if (s3[name] === undefined && !problems.isReported(path)) problems.add(path, 'is missing')
  }
  if (endpoint === undefined || bucket === undefined) return undefined
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return { endpoint: new URL(endpoint).origin, bucket, region, accessKeyId, secretAccessKey }
}
