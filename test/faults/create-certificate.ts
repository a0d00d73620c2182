import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificate {
  /** Self-signed, and therefore also the authority to trust. */
  readonly certificate: string
  readonly key: string
}

export interface CertificateOptions {
  /** Such as `IP:127.0.0.1` or `DNS:weir.test`. */
  readonly subject: string
  /** Lifetime; negative for an expired certificate. */
  readonly days: number
}

const run = promisify(execFile)

/** Creates a certificate with the machine's `openssl`. */
export async function createCertificate({ subject, days }: CertificateOptions): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-tls-'))
  const path = (name: string): string => join(folder, name)
  try {
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path('key.pem')]
    const names = ['-subj', '/CN=weir.test', '-addext', `subjectAltName=${subject}`]
    await run('openssl', ['req', ...newKey, ...names, '-out', path('request.pem')])
    const lifetime = ['-days', String(days), '-copy_extensions', 'copyall', '-out', path('certificate.pem')]
    await run('openssl', ['x509', '-req', '-in', path('request.pem'), '-signkey', path('key.pem'), ...lifetime])
    const [certificate, key] = await Promise.all([
      readFile(path('certificate.pem'), 'utf8'),
      readFile(path('key.pem'), 'utf8'),
    ])
    return { certificate, key }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Resolves with false if the machine has no `openssl`. */
export async function hasOpenSsl(): Promise<boolean> {
  return run('openssl', ['version']).then(
    () => true,
    () => false,
  )
}
