import type { MutationResolvers } from './admin-schema.generated.ts'

/** What an administrator can change. What an input may hold is checked where REST's is. */
export const adminMutations: MutationResolvers = {
  createKey: ({ input }, context) => context.admin().keys.create(input),
  updateKey: ({ id, input }, context) => context.admin().keys.update(id, input),
  rotateKey: ({ id, input }, context) => context.admin().keys.rotate(id, input),
  deleteKey: async ({ id }, context) => ({ id, keys: await context.admin().keys.delete(id) }),
}
