import { defaults } from '../config/defaults.ts'
import { GatewayError } from '../core/errors.ts'
import { toHex } from '../core/to-hex.ts'
import { storageNotConfigured } from '../pipeline/call/require-ports.ts'
import type { AdminSession } from '../storage/admin-session-store.ts'
import type { Person } from '../storage/people-store.ts'
import { findSecretHash } from './admin-secret-hash.ts'
import type { Administrator, AdminPorts, PeopleStores } from './administration.ts'

const { sessionMs, sessionIdleMs, sessionTouchMs } = defaults.admin

/** A new session. Only the browser of its person gets the id. */
export interface OpenedSession {
  readonly id: string
  readonly session: AdminSession
}

/** Returns the stores of people, or throws GatewayError `storage_not_configured`. */
export function requirePeople({ admin }: Pick<AdminPorts, 'admin'>): PeopleStores {
  if (admin.people !== undefined) return admin.people
  throw storageNotConfigured()
}

/**
 * Opens a session of a person, or without one of the admin secret. The server makes the id at each sign-in, and ends
 * the session that the browser had before, so no other person can know it (S34).
 */
export async function openSession(
  person: Person | undefined,
  previousId: string | undefined,
  ports: AdminPorts,
): Promise<OpenedSession> {
  const { clock, secrets } = ports
  const { sessions } = requirePeople(ports)
  const id = secrets.randomHex(32)
  const now = clock.now()
  const secretHash = person === undefined ? await findSecretHash(ports) : undefined
  const session: AdminSession = {
    hash: toHash(id, ports),
    personId: person?.id,
    secretBinding: secretHash === undefined ? undefined : toBinding(id, secretHash, ports),
    createdAt: now,
    usedAt: now,
    expiresAt: now + sessionMs,
  }
  if (previousId !== undefined) await sessions.delete(toHash(previousId, ports))
  await sessions.create(session)
  return { id, session }
}

/**
 * Finds the administrator of a session, as the store knows the person now. Rejects with GatewayError
 * `invalid_session`, the same for every reason, `storage_not_configured` or `store_unavailable`.
 */
export async function resumeSession(
  id: string,
  address: string | undefined,
  ports: AdminPorts,
): Promise<Administrator> {
  const now = ports.clock.now()
  const { sessions } = requirePeople(ports)
  const { session, person } = (await sessions.find(toHash(id, ports))) ?? {}
  if (session === undefined || now >= session.expiresAt || now - session.usedAt >= sessionIdleMs) throw ended()
  if (session.personId === undefined) {
    const secretHash = await findSecretHash(ports)
    const isSame = secretHash !== undefined && toBinding(id, secretHash, ports) === session.secretBinding
    if (!isSame) throw ended()
  } else if (person === undefined || person.isDisabled) throw ended()
  if (now - session.usedAt >= sessionTouchMs) await sessions.touch(session.hash, now)
  const { hash, expiresAt } = session
  return { actor: ports.admin.actor, address, role: person?.role ?? 'owner', person, session: { hash, expiresAt } }
}

/** Ends a session. An unknown session stays unknown. */
export async function endSession(id: string, ports: AdminPorts): Promise<void> {
  await requirePeople(ports).sessions.delete(toHash(id, ports))
}

function toHash(id: string, { secrets }: Pick<AdminPorts, 'secrets'>): string {
  return toHex(secrets.digest(id))
}

/** Hashes the secret's hash together with the id, so the store reveals nothing about a secret that people chose. */
function toBinding(id: string, secretHash: string, { secrets }: Pick<AdminPorts, 'secrets'>): string {
  return toHex(secrets.digest(`${id}.${secretHash}`))
}

function ended(): GatewayError {
  return new GatewayError('invalid_session', 'This sign-in has ended. Sign in again.')
}
