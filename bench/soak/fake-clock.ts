import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The wall clock of all servers, adjustable while they run. */
export interface FakeClock {
  /** The variables that make a process use this clock. */
  readonly env: Readonly<Record<string, string>>
  /** Moves the clock by a number of seconds, forwards or backwards, for all processes at once. */
  move(seconds: number): void
}

/** The library's paths on Debian and Fedora. */
const libraries = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
]

/**
 * Creates a clock for processes that start with its `env`. Its file is below `folder`. Returns undefined without
 * libfaketime.
 */
export function createFakeClock(folder: string): FakeClock | undefined {
  const library = libraries.find((path) => existsSync(path))
  if (library === undefined) return undefined
  const own = join(folder, 'clock')
  const file = join(own, 'offset')
  let offset = 0
  mkdirSync(own)
  write()

  /** Replaces the file atomically, because each clock reading reads it. */
  function write(): void {
    writeFileSync(`${file}.new`, `${offset < 0 ? '' : '+'}${offset}\n`)
    renameSync(`${file}.new`, file)
  }

  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // Without this, each process reads the file only once a second, and the clocks differ in between.
      FAKETIME_NO_CACHE: '1',
      // A step of the wall clock affects neither the monotonic clock nor the times of files.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    move(seconds) {
      offset += seconds
      write()
    },
  }
}
