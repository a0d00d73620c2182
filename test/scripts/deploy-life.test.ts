import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  bindingsOf,
  copyProject,
  deploy,
  findText,
  listChanges,
  patient,
  type Run,
  readJson,
  runLine,
  secrets,
} from '../support/deploy-project.ts'
import { type FakeCloudflare, startFakeCloudflare } from '../support/fake-cloudflare.ts'
import { projectRoot } from '../support/worker-bundle.ts'

// One Worker from its first deployment to its removal, in the order of these tests: with `npm run deploy` and with the
// commands of the documentation, by the real wrangler against a fake of Cloudflare's API on loopback.

const isYes = 'Using fallback value in non-interactive context: yes'
const newToken = 'another-token-of-the-test'
const [firstVersion, secondVersion, thirdVersion] = [1, 2, 3].map(
  (digit) => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`,
)

let cloudflare: FakeCloudflare
let account: ReturnType<FakeCloudflare['addAccount']>
/** The folder of the first deployments. `clone` is a fresh clone of a later day. */
let project: string
let clone: string
beforeAll(async () => {
  cloudflare = await startFakeCloudflare()
  account = cloudflare.addAccount()
  project = await copyProject({ isWhole: true })
  clone = await copyProject()
  return async () => {
    await cloudflare.close()
    for (const folder of [project, clone]) await rm(folder, { recursive: true, force: true })
  }
})

const commands = [...(await listCommands('docs/cloudflare.md')), ...(await listCommands('docs/backup.md'))]
const untried = new Set(commands)

/** Runs the one command of the documentation that begins with `start`. */
async function follow(start: string, { versionId = '', ...options }: Details = {}): Promise<Run> {
  const [line = '', ...others] = commands.filter((command) => command.startsWith(start))
  expect([line, others], start).toEqual([expect.stringContaining(start), []])
  untried.delete(line)
  return await runLine(clone, cloudflare, line.replace('<version id>', versionId), options)
}

interface Details extends NonNullable<Parameters<typeof runLine>[3]> {
  readonly versionId?: string
}

function inPublic() {
  return bindingsOf(account.workers.get('weir'))
}

function textOf(binding: unknown): unknown {
  return Object(binding).text
}

/** Returns the id and the content of the only database. */
function findDatabase() {
  const [found, ...others] = account.databases
  if (found === undefined || others.length > 0) throw new Error(`${account.databases.size} databases`)
  return { id: found[0], database: found[1] }
}

describe('npm run deploy', () => {
  test(
    'case E5 deploys to a free account without R2 and publishes no version without its secrets',
    patient,
    async () => {
      const first = await deploy(project, cloudflare, secrets)
      expect(first.output).toMatch(
        /^Created the D1 database weir\.\nRegistered (weir-[0-9a-f]{8})\.workers\.dev for this account\.\nApplying .*\nUploading .*\nUploaded secrets: TOKEN, ADMIN_TOKEN, OPENAI_API_KEY, CLIENT_TOKEN_SECRETS\.\nWeir runs at https:\/\/weir\.\1\.workers\.dev\n$/,
      )
      const { id, database } = findDatabase()
      const migrations = (await readdir(join(projectRoot, 'migrations'))).filter((name) => name.endsWith('.sql'))
      expect(database.sql.prepare('SELECT name FROM weir_migrations').all()).toHaveLength(migrations.length)
      // One upload contained the secrets: no version was ever public without them.
      expect(cloudflare.calls.filter((call) => /^(PUT|POST) .*\/(scripts\/weir|versions|secrets)$/.test(call))).toEqual(
        ['PUT /workers/scripts/weir'],
      )
      expect(inPublic()).toEqual({
        ADMIN_TOKEN: { type: 'secret_text', name: 'ADMIN_TOKEN', text: secrets.ADMIN_TOKEN },
        ASSETS: { type: 'assets', name: 'ASSETS' },
        CLIENT_TOKEN_SECRETS: {
          type: 'secret_text',
          name: 'CLIENT_TOKEN_SECRETS',
          text: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
        DB: { type: 'd1', name: 'DB', id },
        LEDGER: { type: 'durable_object_namespace', name: 'LEDGER', class_name: 'LedgerFamily' },
        OPENAI_API_KEY: { type: 'secret_text', name: 'OPENAI_API_KEY', text: secrets.OPENAI_API_KEY },
        TOKEN: { type: 'secret_text', name: 'TOKEN', text: secrets.TOKEN },
      })
      const files = account.workers.get('weir')?.files ?? []
      const modules = files.filter((file) => file.endsWith('.mjs'))
      expect(modules).toContain('worker.mjs')
      expect(files.toSorted()).toEqual(modules.flatMap((name) => [name, `${name}.map`]).toSorted())
      expect(await readJson(project, 'weir.deploy.json')).toMatchObject({
        account_id: account.id,
        d1_databases: [{ binding: 'DB', database_id: id }],
      })
      expect(await listChanges(project)).toEqual(['weir.deploy.json', 'wrangler.generated.json'])
      expect(await findText(project, [cloudflare.token, ...Object.values(secrets)])).toEqual([])
    },
  )

  test('case E5 names the page that enables R2, and changes nothing before', patient, async () => {
    const asked = cloudflare.calls.length
    const refused = await deploy(project, cloudflare, {}, '--r2')
    expect(refused).toEqual({
      code: 1,
      output: `R2 is not enabled in this account, and nothing was changed: enable it at https://dash.cloudflare.com/${account.id}/r2 (Cloudflare asks for a card there), or deploy with \`npm run deploy\`, which stores no images.\n`,
    })
    expect(cloudflare.calls.slice(asked).filter((call) => !call.startsWith('GET '))).toEqual([])
    expect(await readJson(project, 'weir.deploy.json')).not.toHaveProperty('r2_buckets')
  })

  test(
    'case E5 asks nothing at the second deployment, keeps the secrets, and creates the bucket',
    patient,
    async () => {
      account.hasR2 = true
      const settings = {
        ...(await readJson(project, 'weir.deploy.json')),
        vars: { CORS_ORIGINS: 'https://app.example.com' },
      }
      await writeFile(join(project, 'weir.deploy.json'), JSON.stringify(settings))
      const signingSecret = textOf(inPublic().CLIENT_TOKEN_SECRETS)
      const second = await deploy(project, cloudflare, { TOKEN: newToken }, '--r2', '--update-secrets')
      // Tokens of before the deployment stay valid.
      expect(textOf(inPublic().CLIENT_TOKEN_SECRETS)).toBe(signingSecret)
      expect(second.output).toMatch(
        /^Created the R2 bucket weir-images\.\nApplying .*\nUploading .*\nUploaded secrets: TOKEN\.\nWeir runs at \S+\n$/,
      )
      expect(second.code).toBe(0)
      const { CORS_ORIGINS, IMAGES, TOKEN, ...others } = inPublic()
      expect(CORS_ORIGINS).toEqual({ type: 'plain_text', name: 'CORS_ORIGINS', text: 'https://app.example.com' })
      expect(IMAGES).toEqual({ type: 'r2_bucket', name: 'IMAGES', bucket_name: 'weir-images' })
      expect(TOKEN).toMatchObject({ text: newToken })
      expect(Object.keys(others).sort()).toEqual([
        'ADMIN_TOKEN',
        'ASSETS',
        'CLIENT_TOKEN_SECRETS',
        'DB',
        'LEDGER',
        'OPENAI_API_KEY',
      ])
      expect(await readJson(project, 'weir.deploy.json')).toMatchObject({
        r2_buckets: [{ binding: 'IMAGES', bucket_name: 'weir-images' }],
      })
      expect(findDatabase().id).toBeDefined()
    },
  )

  test('case E5 keeps the bucket and the database in a fresh clone', patient, async () => {
    // The settings name the account, because a login may have several.
    cloudflare.addAccount({ name: 'Bob' })
    const env = { CLOUDFLARE_ACCOUNT_ID: account.id }
    expect((await deploy(clone, cloudflare, env)).output).not.toContain('Created')
    expect(inPublic().IMAGES).toMatchObject({ bucket_name: 'weir-images' })
    expect(await readJson(clone, 'weir.deploy.json')).toMatchObject({
      account_id: account.id,
      d1_databases: [{ binding: 'DB', database_id: findDatabase().id }],
      r2_buckets: [{ binding: 'IMAGES', bucket_name: 'weir-images' }],
    })
  })
})

describe('the commands of the documentation', () => {
  test('are the same in the Chinese page', async () => {
    expect(await listCommands('docs/cloudflare.zh-CN.md')).toEqual(await listCommands('docs/cloudflare.md'))
  })

  test('list the versions with the wrangler of this repository', patient, async () => {
    const { code, output } = await follow('npx wrangler versions list', { isRealNpx: true })
    const ids = [...output.matchAll(/^Version ID: +(\S+)$/gm)].map(([, id]) => id)
    expect([code, ids]).toEqual([0, [firstVersion, secondVersion, thirdVersion]])
  })

  test('roll back to the previous deployment, and to any version with its secrets', patient, async () => {
    const { database } = findDatabase()
    const content = database.dump()
    const back = await follow('npx wrangler rollback --config')
    expect(back.code).toBe(0)
    expect(back.output).toContain(`Current Version ID: ${secondVersion}`)
    expect(back.output).not.toContain('secrets have changed')
    const further = await follow('npx wrangler rollback <version id>', { versionId: String(firstVersion) })
    expect(further.output).toMatch(/optional message.*\n.*Using default value in non-interactive context: Rollback/)
    expect(further.output).toMatch(/The following secrets have changed since version 1.*\n +\* TOKEN\n.*yes/)
    expect(further.output.split(isYes)).toHaveLength(3)
    expect(inPublic()).toMatchObject({ TOKEN: { text: secrets.TOKEN } })
    expect(inPublic()).not.toHaveProperty('IMAGES')
    // A second rollback undoes the first. The data stays unchanged.
    expect((await follow('npx wrangler rollback --config')).code).toBe(0)
    expect(inPublic()).toMatchObject({ TOKEN: { text: newToken }, IMAGES: { bucket_name: 'weir-images' } })
    expect(database.dump()).toBe(content)
  })

  test('show the log lines', patient, async () => {
    const { code, output } = await follow('npx wrangler tail')
    expect([code, JSON.parse(output)]).toMatchObject([0, { logs: [{ message: ['{"event":"call","status":200}'] }] }])
    expect(cloudflare.calls.slice(-2)).toEqual([
      'POST /workers/scripts/weir/tails',
      'DELETE /workers/scripts/weir/tails/tail',
    ])
  })

  test('export the database to a file', patient, async () => {
    const { code, output } = await follow('npx wrangler d1 export')
    expect([code, output]).toEqual([0, expect.stringContaining('your D1 database will be unavailable')])
    expect(output).toContain(isYes)
    expect(await readFile(join(clone, 'weir.sql'), 'utf8')).toBe(findDatabase().database.dump())
  })

  test('restore the database to a point in time', patient, async () => {
    const { database } = findDatabase()
    const info = await follow('npx wrangler d1 time-travel info')
    expect(info.output).toContain(`The current bookmark is '${database.findBookmark()}'`)
    const content = database.dump()
    const env = { MOMENT: new Date().toISOString() }
    await new Promise((resolve) => setTimeout(resolve, 5))
    database.query('CREATE TABLE later (id TEXT); INSERT INTO later VALUES (1)')
    const before = database.findBookmark()
    const restored = await follow('npx wrangler d1 time-travel restore', { env })
    expect([restored.code, restored.output]).toEqual([0, expect.stringContaining(`the previous bookmark: ${before}`)])
    expect(restored.output).toMatch(new RegExp(`OK to proceed \\(y/N\\)\\n.*${isYes}`))
    expect(database.dump()).toBe(content)
  })

  test('delete the Worker, and keep the database and the bucket', patient, async () => {
    const { code, output } = await follow('npx wrangler delete')
    expect([code, output]).toEqual([0, expect.stringContaining('Successfully deleted weir')])
    expect(output).toContain(isYes)
    expect([account.workers.size, account.databases.size, [...account.buckets]]).toEqual([0, 1, ['weir-images']])
  })

  test(
    'case E5 a deployment after the removal reuses the database, and drops the bucket with --no-r2',
    patient,
    async () => {
      const { id } = findDatabase()
      const refused = await deploy(clone, cloudflare, {}, '--no-r2')
      expect([refused.code, refused.output]).toEqual([1, expect.stringMatching(/^This Worker has no TOKEN/)])
      const again = await deploy(clone, cloudflare, secrets, '--no-r2')
      expect([again.code, again.output]).toEqual([0, expect.not.stringContaining('Created')])
      expect(inPublic()).toMatchObject({ DB: { id }, TOKEN: { text: secrets.TOKEN } })
      expect(inPublic()).not.toHaveProperty('IMAGES')
      expect(await readJson(clone, 'weir.deploy.json')).toMatchObject({ r2_buckets: [] })
      expect([...account.buckets]).toEqual(['weir-images'])
    },
  )

  test('delete the empty bucket, and the database', patient, async () => {
    account.filledBuckets.add('weir-images')
    const refused = await follow('npx wrangler r2 bucket delete')
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('is not empty. [code: 10008]')])
    account.filledBuckets.clear()
    expect(await follow('npx wrangler r2 bucket delete')).toMatchObject({ code: 0 })
    const { code, output } = await follow('npx wrangler d1 delete')
    expect([code, output]).toEqual([0, expect.stringContaining(isYes)])
    expect([account.buckets.size, account.databases.size]).toEqual([0, 0])
  })

  test('remove the settings that a later deployment would read', patient, async () => {
    const asked = cloudflare.calls.length
    const { code, output } = await deploy(clone, cloudflare, secrets)
    expect([code, output]).toEqual([1, expect.stringMatching(/^The database \S+ of weir\.deploy\.json is not in the/)])
    expect(cloudflare.calls.slice(asked).filter((call) => !call.startsWith('GET '))).toEqual([])
    expect(await follow('rm ')).toEqual({ code: 0, output: '' })
    expect(await listChanges(clone)).toEqual(['weir.sql'])
  })

  test('are all run here, and call no unknown path of Cloudflare', () => {
    expect([[...untried], cloudflare.unknown]).toEqual([[], []])
  })
})

/**
 * Lists the commands of a page that call wrangler or remove a file, in shell lines and in sentences, without comments.
 */
async function listCommands(page: string): Promise<readonly string[]> {
  const text = await readFile(join(projectRoot, page), 'utf8')
  const found = [...text.matchAll(/(?:^|`)((?:npx wrangler|rm weir\.)[^`\n#]*)/gm)].map(([, command = '']) => command)
  return [...new Set(found.map((command) => command.trim()))]
}
