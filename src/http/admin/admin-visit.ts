import type { Answer } from '../../core/answer.ts'
import type { Admin } from '../../pipeline/admin/create-admin.ts'
import type { Visit } from '../visit.ts'

/** One request for the admin API, from somebody who may administer. */
export interface AdminVisit {
  readonly visit: Visit
  readonly admin: Admin
  /** With its `?`, or empty. */
  readonly query: string
}

/** Answers one method of one path; `id` is what stands for `{id}` in it. */
export type AdminHandler = (visit: AdminVisit, id: string) => Answer | Promise<Answer>
