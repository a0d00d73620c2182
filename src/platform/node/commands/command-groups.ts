/** The commands that ask the admin API. Apart from their help, which loads the schemas of keys. */
export const commandGroups = ['keys', 'usage', 'records', 'prices', 'audit', 'admin-token'] as const

export type CommandGroup = (typeof commandGroups)[number]
