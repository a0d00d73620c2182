import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Busboy } from '@fastify/busboy'
import { Response } from 'undici'

/** A form as bytes on the wire. */
export interface WireForm {
  readonly type: string
  readonly body: Buffer
}

/** The fields of a form that are not files; undefined if the parser refuses the form. */
export type ReadForm = readonly (readonly [name: string, text: string])[] | undefined

/** A form parser that providers may use. */
export interface FormParser {
  readonly name: string
  /** Undefined if the parser runs on this machine; otherwise a sentence that names the missing program. */
  missing(): Promise<string | undefined>
  readAll(forms: readonly WireForm[]): Promise<readonly ReadForm[]>
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const run = promisify(execFile)

export const formParsers: readonly FormParser[] = [
  inProcess('busboy', readByBusboy),
  inProcess('undici', readByUndici),
  byProcess('Go', async () => {
    await run('go', ['version'])
    return ['go', 'run', here('read-forms.go')]
  }),
  ...(['email', 'email-http', 'starlette'] as const).map((name) =>
    byProcess(`Python: ${name}`, async () => {
      const modules = name === 'starlette' ? ['python_multipart.multipart', 'multipart.multipart'] : ['email']
      return [await findPython(modules), here('read_forms.py'), name]
    }),
  ),
]

function inProcess(name: string, read: (form: WireForm) => Promise<ReadForm>): FormParser {
  return { name, missing: async () => undefined, readAll: (forms) => Promise.all(forms.map(read)) }
}

/** Runs one process that reads all forms, one per line. `toCommand` rejects if the parser is not installed. */
function byProcess(name: string, toCommand: () => Promise<readonly string[]>): FormParser {
  return {
    name,
    missing: () =>
      toCommand().then(
        () => undefined,
        (error: unknown) => String(error),
      ),
    async readAll(forms) {
      const [command = '', ...args] = await toCommand()
      const running = run(command, args, { maxBuffer: 1024 * 1024 * 1024 })
      const lines = forms.map(({ type, body }) => JSON.stringify({ type, body: body.toString('base64') }))
      running.child.stdin?.end(`${lines.join('\n')}\n`)
      const { stdout } = await running
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as ReadForm | null) ?? undefined)
    },
  }
}

/**
 * Finds the first Python that has the module. A version manager's Python may precede the system's, which has Debian's
 * packages.
 */
async function findPython(modules: readonly string[]): Promise<string> {
  for (const python of ['python3', '/usr/bin/python3']) {
    for (const name of modules) {
      const found = await run(python, ['-c', `import ${name}`]).catch(() => undefined)
      if (found !== undefined) return python
    }
  }
  throw new Error(`No python3 on this machine has the module ${modules.join(' or ')}.`)
}

function readByBusboy({ type, body }: WireForm): Promise<ReadForm> {
  return new Promise((resolve) => {
    const pairs: [string, string][] = []
    try {
      const busboy = new Busboy({ headers: { 'content-type': type } })
      busboy.on('field', (name, value) => pairs.push([name, value]))
      busboy.on('file', (_name, file) => file.on('error', () => {}).resume())
      busboy.on('error', () => resolve(undefined))
      busboy.on('finish', () => resolve(pairs))
      busboy.end(body)
    } catch {
      resolve(undefined)
    }
  })
}

async function readByUndici({ type, body }: WireForm): Promise<ReadForm> {
  try {
    const form = await new Response(body, { headers: { 'content-type': type } }).formData()
    return [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))
  } catch {
    return undefined
  }
}
