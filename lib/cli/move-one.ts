import type { Bank, MovementInput } from '../bank/api.js';
import type { Receipt } from '../ledger/receipt.js';

/** Books one deposit, withdrawal or transfer, by which sides are named; or tries it out. @throws BankError the refusal */
export async function moveOne(
  bank: Bank,
  input: MovementInput,
  { signal, dryRun }: { readonly signal: AbortSignal; readonly dryRun: boolean },
): Promise<Receipt> {
  const [result] = await bank.transferMany([input], { signal, dryRun });
  if (result === undefined) throw new Error('drovebank bug: a request without a result');
  if ('error' in result) throw result.error;
  return result.receipt;
}
