/** Bytes that cannot be what the bank wrote. Whoever knows the file turns it into BANK_DAMAGED. */
export class FormatDamage extends Error {
  override readonly name = 'FormatDamage';
}

/** A message that is put together is made only when it is told: it would cost more than the look. */
export function undamaged(claim: boolean, message: string | (() => string)): asserts claim {
  if (!claim) throw new FormatDamage(typeof message === 'string' ? message : message());
}
