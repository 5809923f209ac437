import { describe, expect, it } from 'vitest';
import { settled } from '#lib/cli/settled.js';
import { BankError, type BankErrorCode } from '#lib/ledger/errors.js';

/** A bank that answers `answers`, one after the other: a code is a refusal. */
function bookThat(...answers: (BankErrorCode | 'receipt')[]) {
  return async () => {
    const answer = answers.shift();
    if (answer === undefined) throw new Error('asked once too often');
    if (answer !== 'receipt') throw new BankError(answer, `said ${answer}`);
    return answer;
  };
}

describe('a booking from the menu whose outcome is unknown', () => {
  it('is settled by asking once more with the same key', async () => {
    expect(await settled('k-1', bookThat('receipt'))).toBe('receipt');
    expect(await settled('k-1', bookThat('OUTCOME_UNKNOWN', 'receipt'))).toBe('receipt');
  });

  it('was not booked if a rule refuses it then', async () => {
    const asked = settled('k-1', bookThat('OUTCOME_UNKNOWN', 'INSUFFICIENT_FUNDS'));
    await expect(asked).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS', committed: false });
  });

  it.each<BankErrorCode>(['OUTCOME_UNKNOWN', 'BANK_DAMAGED', 'DISK_FULL', 'IO_ERROR'])(
    'stays unknown where the second answer is %s, and the key is told',
    async (code) => {
      await expect(settled('k-1', bookThat('OUTCOME_UNKNOWN', code))).rejects.toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        committed: 'unknown',
        hint: expect.stringContaining('has the key k-1'),
      });
    },
  );

  it('a refusal is not asked again', async () => {
    const asked = settled('k-1', bookThat('ACCOUNT_NOT_FOUND'));
    await expect(asked).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});
