import type { TestProject } from 'vitest/node'
import { buildWorkerBundle, removeWorkerBundle, type WorkerBundle } from './worker-bundle.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    workerBundle: WorkerBundle
  }
}

let building: Promise<WorkerBundle> | undefined

/** Builds the Worker once a run, however many projects the run has. */
export async function setup(project: TestProject): Promise<void> {
  building ??= buildWorkerBundle()
  project.provide('workerBundle', await building)
}

export async function teardown(): Promise<void> {
  if (building !== undefined) await removeWorkerBundle(await building)
}
