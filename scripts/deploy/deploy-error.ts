/** A deployment that cannot go on: one sentence that says what happened, with the next step. */
export class DeployError extends Error {
  override readonly name = 'DeployError'
}
