/** Bytes that cannot be what the bank wrote. Whoever knows the file turns it into BANK_DAMAGED. */
export class FormatDamage extends Error {
  override readonly name = 'FormatDamage';
}

export function undamaged(claim: boolean, message: string): asserts claim {
  if (!claim) throw new FormatDamage(message);
}
