/** Ends a deployment. Its message is one sentence: the problem, then the next step. */
export class DeployError extends Error {
  override readonly name = 'DeployError'
}
