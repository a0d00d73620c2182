import type { TestProject } from 'vitest/node'
import { buildWorkerBundle, removeWorkerBundle, type WorkerBundle } from './worker-bundle.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    workerBundle: WorkerBundle
  }
}

let building: Promise<WorkerBundle> | undefined

/** Builds the Worker, and the server's bundle if it is older than its sources, once per run for all projects. */
export async function setup(project: TestProject): Promise<void> {
  building ??= build()
  project.provide('workerBundle', await building)
}

/** Some tests start the bundle; with an outdated one they would prove nothing (case D18). */
async function build(): Promise<WorkerBundle> {
  const scripts: { ensureServer(): Promise<void> } = await import(
    new URL('../../scripts/setup.mjs', import.meta.url).href
  )
  await scripts.ensureServer()
  return buildWorkerBundle()
}

export async function teardown(): Promise<void> {
  if (building !== undefined) await removeWorkerBundle(await building)
}
