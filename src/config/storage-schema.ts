import { documented } from '../schema/key-documentation.ts'
import { originUrlProblem, secretProblem, textProblem } from '../schema/text-problems.ts'
import { bytes, days, delay, flag, section, text } from '../schema/value-schemas.ts'
import { defaults } from './defaults.ts'

const otherwise = 'needed, if any of these is set'

const s3 = section(
  {
    endpoint: documented(text(originUrlProblem).optional(), {
      otherwise,
      meaning: 'Scheme and host of the server, such as `https://s3.eu-central-1.amazonaws.com`.',
    }),
    bucket: documented(text(textProblem).optional(), { otherwise, meaning: 'The bucket, which must exist.' }),
    region: documented(text(textProblem).default(defaults.storage.s3Region), {
      meaning: 'Its region. `auto` is right for R2, and for servers that have no regions.',
    }),
    access_key_id: documented(text(secretProblem).optional(), { otherwise, meaning: 'The id of the access key.' }),
    secret_access_key: documented(text(secretProblem).optional(), {
      otherwise,
      meaning: `The access key. Better kept in the environment: \`\${S3_SECRET_ACCESS_KEY}\`.`,
    }),
  },
  'An S3-compatible bucket that holds the images instead of the folder (Node).',
)

/** Where things are kept. */
export const storageSchema = section(
  {
    path: documented(text(textProblem).default(defaults.storage.path), {
      variable: 'STORAGE_PATH',
      meaning:
        'The folder of the database and of the images (Node); `none` keeps nothing. A Worker keeps them in its bindings `DB` (D1) and `IMAGES` (R2).',
    }),
    s3,
  },
  'Where sessions and images are kept.',
)

export const sessionsSchema = section(
  {
    retention_days: documented(days().default(defaults.sessions.retentionDays), {
      variable: 'SESSION_RETENTION_DAYS',
      unit: 'days',
      meaning: 'A session that was not used for so long is deleted, with its messages. 0 keeps sessions for ever.',
    }),
  },
  'How long chat sessions are kept.',
)

export const imagesSchema = section(
  {
    keep: documented(flag().optional(), {
      variable: 'IMAGES_KEEP',
      otherwise: '`true` where there is storage',
      meaning:
        'Save each generated image and answer with a URL of this server, which does not expire as a provider’s does. Whoever has the URL can see the image.',
    }),
    retention_days: documented(days().default(defaults.images.retentionDays), {
      variable: 'IMAGE_RETENTION_DAYS',
      unit: 'days',
      meaning: 'An image is deleted when it is so old. 0 keeps images for ever.',
    }),
    max_bytes: documented(bytes().default(defaults.images.maxBytes), {
      unit: 'bytes',
      meaning: 'The largest image that is kept. A larger one is passed on as it came.',
    }),
    fetch_timeout_ms: documented(delay().default(defaults.images.fetchTimeoutMs), {
      unit: 'ms',
      meaning: 'What fetching an image from a provider’s URL may take.',
    }),
  },
  'Generated images.',
)
