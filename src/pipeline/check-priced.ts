import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import type { AdmissionRequest } from '../storage/ledger.ts'
import type { Caller } from './authenticate.ts'
import { hasBudget } from './has-budget.ts'

/** R54: what nobody has a price for must not look free. Throws GatewayError `model_unpriced` where the operator wants that. */
export function checkPriced(
  { isPriced, provider, model }: AdmissionRequest,
  caller: Caller,
  { metering }: Settings,
): void {
  if (isPriced || metering.unpriced === 'allow') return
  if (metering.unpriced === 'block_budgeted' && !hasBudget(caller)) return
  throw new GatewayError(
    'model_unpriced',
    `The price of \`${`${provider}/${model}`.slice(0, 200)}\` is not known here, so that no budget could hold. Its operator can name one under \`prices\` in the configuration.`,
    { param: 'model' },
  )
}
