import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The wall clock of all servers, which can be set while they run. */
export interface FakeClock {
  /** The variables that make a process believe it. */
  readonly env: Readonly<Record<string, string>>
  /** Moves it by so many seconds, forwards or back, for all processes at once. */
  move(seconds: number): void
}

/** Where Debian and Fedora have it. */
const libraries = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
]

/** A clock for processes that are started with its `env`. Undefined where libfaketime is not installed. Its file goes into a folder in `folder`. */
export function createFakeClock(folder: string): FakeClock | undefined {
  const library = libraries.find((path) => existsSync(path))
  if (library === undefined) return undefined
  const own = join(folder, 'clock')
  const file = join(own, 'offset')
  let offset = 0
  mkdirSync(own)
  write()

  /** The file is read at every look at the clock, and must never be half written. */
  function write(): void {
    writeFileSync(`${file}.new`, `${offset < 0 ? '' : '+'}${offset}\n`)
    renameSync(`${file}.new`, file)
  }

  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // A file that is read once a second would give the processes different clocks meanwhile.
      FAKETIME_NO_CACHE: '1',
      // A step of the wall clock leaves the monotonic one alone, and the times of files.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    move(seconds) {
      offset += seconds
      write()
    },
  }
}
