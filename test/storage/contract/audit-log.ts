import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry, AuditLog } from '../../../src/storage/audit-log.ts'

/** An empty log, and a function that releases its resources. */
export interface OpenAuditLog {
  readonly log: AuditLog
  close(): void | Promise<void>
}

/** Defines the tests that every audit log must pass. */
export function describeAuditLog(name: string, open: () => Promise<OpenAuditLog>): void {
  describe(`audit log: ${name}`, () => {
    let opened: OpenAuditLog
    let log: AuditLog
    beforeEach(async () => {
      opened = await open()
      log = opened.log
    })
    afterEach(() => opened.close())

    it('lists an entry unchanged', async () => {
      const whole = toEntry(1, {
        detail: { limits: [{ per: 'day', usd: 5 }], name: `it's "wide" 🌊` },
        personId: 'person_1',
        author: 'Ada',
      })
      const bare = toEntry(2, { actor: 'cli', address: undefined, subject: undefined, detail: undefined })
      await log.append(whole)
      await log.append(bare)
      expect(await log.list({ limit: 9 })).toEqual([bare, whole])
    })

    it('lists the newest first, in pages, even with equal times', async () => {
      const times = [5, 3, 5, 9, 5]
      for (const [number, at] of times.entries()) await log.append(toEntry(number, { at }))
      const first = await log.list({ limit: 3 })
      expect(first.map(({ id }) => id)).toEqual(['audit_3', 'audit_4', 'audit_2'])
      const second = await log.list({ limit: 3, before: first.at(-1) })
      expect(second.map(({ id }) => id)).toEqual(['audit_0', 'audit_1'])
      expect(await log.list({ limit: 3, before: second.at(-1) })).toEqual([])
    })

    it('lists the entries of one subject', async () => {
      for (const [number, subject] of ['key_a', 'key_b', undefined, 'key_a', 'key_a'].entries())
        await log.append(toEntry(number, { subject }))
      const first = await log.list({ limit: 2, subject: 'key_a' })
      expect(first.map(({ id }) => id)).toEqual(['audit_4', 'audit_3'])
      const rest = await log.list({ limit: 2, subject: 'key_a', before: first.at(-1) })
      expect(rest.map(({ id }) => id)).toEqual(['audit_0'])
      expect(await log.list({ limit: 2, subject: '%' })).toEqual([])
    })

    it('never overwrites an entry', async () => {
      await log.append(toEntry(1))
      await expect(log.append(toEntry(1, { action: 'key.delete' }))).rejects.toThrow(/UNIQUE/)
      expect(await log.list({ limit: 9 })).toEqual([toEntry(1)])
    })

    it('has no method that changes or deletes an entry', () => {
      expect(Object.keys(log).toSorted()).toEqual(['append', 'list'])
    })
  })
}

function toEntry(number: number, rest: Partial<AuditEntry> = {}): AuditEntry {
  const entry = { actor: 'admin', address: '192.0.2.1', action: 'key.create', subject: 'key_a' } as const
  return { id: `audit_${number}`, at: 1_000 + number, ...entry, detail: { name: 'Ada' }, ...rest }
}
