/** Whether only this machine reaches the host. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost\.?|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}
