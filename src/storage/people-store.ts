/** Roles of a person, from the most rights to the fewest: a member sees only its own keys. */
export const roles = ['owner', 'admin', 'viewer', 'member'] as const

export type Role = (typeof roles)[number]

/** An account at an OpenID provider. Only the pair is unique and never reassigned, unlike an e-mail address. */
export interface Account {
  readonly issuer: string
  readonly subject: string
}

/** A person who administers this server. */
export interface Person {
  /** `person_…` */
  readonly id: string
  readonly name: string
  /** In lower case; undefined if unknown. */
  readonly email: string | undefined
  readonly role: Role
  readonly isDisabled: boolean
  /** Undefined before the first sign-in. */
  readonly account: Account | undefined
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** New values of a person. Omitted fields stay unchanged; `none` removes a value. */
export type PersonChange = Partial<Pick<Person, 'name' | 'role' | 'isDisabled'>> & {
  readonly email?: string | 'none'
  readonly account?: Account | 'none'
}

/** The result of a change. `taken`: another person has the e-mail address or the account. */
export type PersonUpdate =
  | { readonly kind: 'updated'; readonly person: Person }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'last_owner' }

export interface PersonPage {
  readonly limit: number
  /** Limits the page to people after this id. Ids sort by creation time. */
  readonly after?: string | undefined
}

/**
 * The people who administer this server. Atomic, shared and never stale; as durable as the backend. Once an owner
 * exists who is not disabled, one always does. No two people have the same e-mail address or the same account. Rejects
 * with GatewayError `store_unavailable`.
 */
export interface PeopleStore {
  /** Adds a person. Returns false, and changes nothing, if the id, the e-mail address or the account is taken. */
  create(person: Person): Promise<boolean>
  find(id: string): Promise<Person | undefined>
  findByAccount(account: Account): Promise<Person | undefined>
  findByEmail(email: string): Promise<Person | undefined>
  /** Lists people, oldest first. */
  list(page: PersonPage): Promise<readonly Person[]>
  /**
   * Calls `change` with the stored person and writes the result. If another writer was faster, calls `change` again
   * with the newer person (R60). If `change` throws, rejects with that error and changes nothing.
   */
  update(id: string, change: (person: Person) => PersonChange, now: number): Promise<PersonUpdate>
  /**
   * Sets the account of a person who has none. Of several concurrent calls for one person or one account, exactly one
   * succeeds; the others return undefined and change nothing.
   */
  claimAccount(id: string, account: Account, now: number): Promise<Person | undefined>
  /**
   * Deletes a person with its sessions; its keys then belong to no person. Calls `check` with the stored person first;
   * if it throws, rejects with that error and changes nothing. Ids are never reused.
   */
  delete(id: string, check: (person: Person) => void): Promise<'deleted' | 'unknown' | 'last_owner'>
}
