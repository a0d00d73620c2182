import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderConfigSchema } from './render-config-schema.ts'
import { renderConfiguration } from './render-configuration.ts'
import { renderErrors } from './render-errors.ts'
import { renderFaults } from './render-faults.ts'
import { renderGraphqlModule } from './render-graphql-module.ts'

/** Writes what is made from something else: parts of docs/, and the module of the GraphQL schema. A test fails while they differ from it. */
await writeFile(new URL('../docs/configuration.md', import.meta.url), renderConfiguration())
await writeFile(new URL('../docs/weir.config.schema.json', import.meta.url), renderConfigSchema())
await writeFile(new URL('../docs/errors.md', import.meta.url), renderErrors())
await writeFile(new URL('../docs/faults.md', import.meta.url), renderFaults(join(import.meta.dirname, '..')))
const schema = await readFile(new URL('../src/graphql/schema.graphql', import.meta.url), 'utf8')
await writeFile(new URL('../src/graphql/schema.generated.ts', import.meta.url), renderGraphqlModule(schema))
