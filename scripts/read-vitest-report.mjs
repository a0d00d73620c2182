import { existsSync, readFileSync } from 'node:fs'

/**
 * Counts a run of vitest. A file that could not be loaded counts as one failure, and so does a run that ended badly
 * without saying where, so that no failure can hide behind a zero.
 */
export function readVitestReport(file, exitCode) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const failed = report.numFailedTests + report.testResults.filter(isUnloadable).length
  return {
    passed: report.numPassedTests,
    failed: exitCode !== 0 && failed === 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** Sums what several checks counted. */
export function addTallies(tallies) {
  return tallies.reduce((sum, tally) => ({
    passed: sum.passed + tally.passed,
    failed: sum.failed + tally.failed,
    skipped: sum.skipped + tally.skipped,
  }))
}

/** `12 passed, 0 failed`, with `, 1 skipped` where something was. */
export function toClosingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function isUnloadable(file) {
  return file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')
}
