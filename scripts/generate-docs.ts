import { writeFile } from 'node:fs/promises'
import { renderConfiguration } from './render-configuration.ts'
import { renderErrors } from './render-errors.ts'

/** Writes the parts of docs/ that come from the code. A test fails while they differ from it. */
await writeFile(new URL('../docs/configuration.md', import.meta.url), renderConfiguration())
await writeFile(new URL('../docs/errors.md', import.meta.url), renderErrors())
