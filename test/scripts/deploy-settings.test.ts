import { expect, test } from 'vitest'
import { applyOptions } from '../../scripts/deploy/options.ts'
import { mergeConfig, readTrackedConfig } from '../../scripts/deploy/settings.ts'
import { refuseOpenWorker, refuseVisibleSecrets } from '../../scripts/deploy/worker.ts'

const tracked = readTrackedConfig()

test('wrangler.jsonc binds no bucket, because Cloudflare asks for a card before it enables R2', () => {
  expect(tracked).not.toHaveProperty('r2_buckets')
})

test('S08 the user’s settings extend Weir’s configuration and remove nothing from it', () => {
  const merged = mergeConfig(tracked, {
    name: 'mine',
    vars: { CORS_ORIGINS: '*' },
    routes: [{ pattern: 'ai.example.com', custom_domain: true }],
    compatibility_flags: ['nodejs_als'],
    d1_databases: [{ binding: 'DB', database_id: 'an-id' }],
    kv_namespaces: [{ binding: 'OTHER', id: 'an-id' }],
    durable_objects: { bindings: [{ name: 'OTHER', class_name: 'Other' }] },
    observability: { enabled: false },
    placement: { mode: 'smart' },
  })
  expect(merged.placement).toEqual({ mode: 'smart' })
  expect(merged).toMatchObject({
    name: 'mine',
    main: 'dist/worker/worker.mjs',
    vars: { CORS_ORIGINS: '*' },
    routes: [{ pattern: 'ai.example.com', custom_domain: true }],
    compatibility_flags: ['nodejs_compat', 'enable_request_signal', 'global_fetch_strictly_public', 'nodejs_als'],
    d1_databases: [{ binding: 'DB', database_name: 'weir', migrations_dir: 'migrations', database_id: 'an-id' }],
    kv_namespaces: [{ binding: 'OTHER', id: 'an-id' }],
    durable_objects: {
      bindings: [
        { name: 'LEDGER', class_name: 'LedgerFamily' },
        { name: 'OTHER', class_name: 'Other' },
      ],
    },
    migrations: tracked.migrations,
    observability: { enabled: false },
  })
})

test('--r2 and --no-r2 persist, and another name gets its own database and bucket', () => {
  const with2 = applyOptions({ vars: { DEMO: 'true' } }, { r2: true }, 'weir')
  expect(with2).toEqual({ vars: { DEMO: 'true' }, r2_buckets: [{ binding: 'IMAGES' }] })
  expect(applyOptions(with2, {}, 'weir')).toEqual(with2)
  expect(applyOptions(with2, { 'no-r2': true }, 'weir')).toEqual({ vars: { DEMO: 'true' }, r2_buckets: [] })

  const used = {
    account_id: 'ada',
    d1_databases: [{ binding: 'DB', database_id: 'an-id' }],
    r2_buckets: [{ binding: 'IMAGES', bucket_name: 'weir-images' }],
  }
  expect(applyOptions(used, { name: 'weir' }, 'weir')).toEqual({ ...used, name: 'weir' })
  expect(applyOptions(used, { name: 'mine' }, 'weir')).toEqual({
    account_id: 'ada',
    name: 'mine',
    d1_databases: [],
    r2_buckets: [{ binding: 'IMAGES' }],
  })
  expect(() => applyOptions({}, { name: 'Mine!' }, 'weir')).toThrow('--name takes up to 54 lowercase letters')
})

test.each([
  { vars: { ALLOW_ANONYMOUS: 'true' } },
  { vars: { ALLOW_ANONYMOUS: true } },
  { vars: { WEIR_CONFIG: '{"access":{"allow_anonymous":true}}' } },
  { vars: { WEIR_CONFIG: { access: { allow_anonymous: true } } } },
])('S11 refuses to publish a Worker that anyone could use: $vars', (config) => {
  const sentence =
    /^ALLOW_ANONYMOUS without TOKEN would open this Worker to everyone: remove it from weir\.deploy\.json/
  expect(() => refuseOpenWorker(config, undefined, { ADMIN_TOKEN: 'a' })).toThrow(sentence)
  expect(() => refuseOpenWorker(config, undefined, { TOKEN: 'a' })).not.toThrow()
  const open = { bindings: [{ type: 'plain_text', name: 'ALLOW_ANONYMOUS', text: 'true' }] }
  expect(() => refuseOpenWorker({}, open, {})).toThrow(sentence)
})

test('refuses a variable that would replace a secret', () => {
  const worker = { bindings: [{ type: 'secret_text', name: 'OPENAI_API_KEY' }] }
  expect(() => refuseVisibleSecrets({ vars: { OPENAI_API_KEY: 'sk' } }, worker, 'weir')).toThrow(
    'OPENAI_API_KEY is a secret of the Worker, and `vars` in weir.deploy.json would make it visible in the dashboard: remove it from `vars`, or first run `npx wrangler secret delete OPENAI_API_KEY --name weir`.',
  )
  expect(() => refuseVisibleSecrets({ vars: { CORS_ORIGINS: '*' } }, worker, 'weir')).not.toThrow()
})
