/** Retries that a quiet route may make at once. */
const reserve = 10
/** Retries for each call. */
const share = 0.2

/**
 * Bounds the retries of a route in this process: at most a fifth of its calls, because a provider that fails does not
 * recover under more of them (R22). Source: https://sre.google/sre-book/handling-overload/
 */
export class RetryBudget {
  #left = reserve

  countCall(): void {
    this.#left = Math.min(reserve, this.#left + share)
  }

  /** Returns false if the budget is used up. */
  take(): boolean {
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
