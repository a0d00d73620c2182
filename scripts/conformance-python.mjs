import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, runChild, runCommand } from './child.mjs'
import { ensureInstalled, findNode } from './setup.mjs'

// `npm run conformance:python`: Python's clients against an upstream and through Weir. Installs them once, into node_modules/.python-clients or the
// folder that PYTHON_CLIENTS names, apart from all that the machine's own Python has. `--install` does no more than that.

const requirementsFile = join(projectRoot, 'test/conformance/python/requirements.txt')

await runCommand(async () => {
  const isInstallOnly = process.argv.includes('--install')
  // npm empties node_modules.
  if (!isInstallOnly) await ensureInstalled()
  const folder = process.env.PYTHON_CLIENTS ?? join(projectRoot, 'node_modules/.python-clients')
  await installClients(folder)
  if (isInstallOnly) return 0
  const tests = ['scripts/test.mjs', 'test/conformance/python', ...process.argv.slice(2)]
  const { code } = await runChild(findNode(), tests, { env: { ...process.env, PYTHON_CLIENTS: folder } })
  return code
})

/** The copy of requirements.txt is written last, so an install that was interrupted is done again. The test looks at it too. */
async function installClients(folder) {
  const stampFile = join(folder, 'requirements.txt')
  const requirements = readFileSync(requirementsFile, 'utf8')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === requirements) return
  console.log('Installing the Python clients: once, about a minute and 450 MB …')
  rmSync(folder, { recursive: true, force: true })
  const python = await makeEnvironment(folder)
  // Python compiles the little that is used when it is first imported. A registry that is out of reach is given up within minutes.
  const options = ['--quiet', '--no-compile', '--disable-pip-version-check', '--retries=2', '--timeout=30']
  const install = ['-m', 'pip', 'install', ...options, '--requirement', requirementsFile]
  const { code, output } = await runChild(python, install, { quiet: true })
  if (code !== 0) throw new Error(`${output}\npip could not install the Python clients; what it said is above.`)
  writeFileSync(stampFile, requirements)
}

/** By the first Python that is new enough and can: a version manager's may stand before the system's own. */
async function makeEnvironment(folder) {
  const tries = []
  for (const python of ['python3', '/usr/bin/python3', 'python']) {
    const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10) and "is older than Python 3.10")'
    const made = await run(python, ['-c', check], () => run(python, ['-m', 'venv', folder]))
    if (made === undefined) return join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
    tries.push(`${python}: ${made}`)
  }
  throw new Error(
    `${tries.join('\n')}\nThe Python clients need Python 3.10 or later with venv; on Debian the package python3-venv has it.`,
  )
}

/** Undefined where it ended well and so did `next`; else what was said. */
async function run(command, args, next) {
  try {
    const { code, output } = await runChild(command, args, { quiet: true })
    if (code !== 0) return output.trim() || `ended with code ${code}`
    return await next?.()
  } catch (error) {
    return error.message
  }
}
