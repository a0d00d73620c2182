/** Runs a command's body: its number is the exit code, and an error is its message, without a stack nobody asked for. */
export async function runCommand(body) {
  try {
    process.exitCode = await body()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
