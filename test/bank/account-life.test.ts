import { describe, expect, it } from 'vitest';
import { newBank, openAgain, openFunded } from './new-bank.js';

describe('A reversal', () => {
  it('takes a transfer back, is linked to it, and happens once', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    const { transfer } = await bank.transfer({ from: a, to: b, amount: '25.00' });
    const back = await bank.reverse(transfer, { memo: 'paid twice' });
    expect(back).toMatchObject({
      from: { id: b, after: { amount: '0.00' } },
      to: { id: a, after: { amount: '100.00' } },
    });
    await expect(bank.reverse(transfer)).rejects.toMatchObject({
      code: 'ALREADY_REVERSED',
      details: { reversedBy: back.transfer },
    });
    const [row] = (await bank.history(a, { reverse: true, limit: 1 }).page()).items;
    expect(row).toMatchObject({ type: 'reverse', details: { reverses: transfer } });
    // For whoever comes next as well, with the passbooks posted.
    await bank.close();
    const next = await openAgain(bank);
    await expect(next.reverse(transfer)).rejects.toMatchObject({ code: 'ALREADY_REVERSED' });
  });

  it('goes into the red only where that is asked for', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    const { transfer } = await bank.transfer({ from: a, to: b, amount: '25.00' });
    await bank.withdraw(b, '20.00');
    await expect(bank.reverse(transfer)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await bank.reverse(transfer, { force: true });
    expect((await bank.balance(b)).ledger.amount).toBe('-20.00');
    expect((await bank.balance(a)).ledger.amount).toBe('100.00');
  });

  it('is refused for what moved nothing, and for what never was', async () => {
    const bank = await newBank();
    await openFunded(bank, '100.00');
    await expect(bank.reverse(1)).rejects.toMatchObject({ code: 'TRANSFER_NOT_FOUND' });
    await expect(bank.reverse(99)).rejects.toMatchObject({ code: 'TRANSFER_NOT_FOUND' });
    for (const odd of [0, -1, 1.5, Number.NaN, 2 ** 60, '2' as unknown as number]) {
      await expect(bank.reverse(odd)).rejects.toMatchObject({ code: 'INVALID_ID' });
    }
  });

  it('is asked for by two at once: one of them is told', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const other = await openAgain(bank);
    const { transfer } = await bank.deposit(a, '1.00');
    const asked = [bank, other, bank, other].map((one) => one.reverse(transfer));
    const settled = await Promise.allSettled(asked);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await bank.balance(a)).ledger.amount).toBe('100.00');
  });

  it('is tried out dryly, and then done, in one batch and in another order', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const { transfer } = await bank.deposit(a, '1.00');
    const dry = { dryRun: true };
    const asked = [
      bank.reverse(transfer, dry),
      bank.reverse(transfer),
      bank.reverse(transfer, dry),
    ];
    const settled = await Promise.allSettled(asked);
    expect(settled).toMatchObject([
      { value: { amount: { amount: '1.00' } } },
      { value: { amount: { amount: '1.00' } } },
      { reason: { code: 'ALREADY_REVERSED' } },
    ]);
  });

  it('is found far back in a long journal', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '100.00');
    const { transfer } = await bank.transfer({ from: a, to: b, amount: '7.00' });
    for (let round = 0; round < 12; round++) {
      const inputs = Array.from({ length: 400 }, () => ({ from: a, to: b, amount: '0.01' }));
      await bank.transferMany([
        ...inputs,
        ...inputs.map(({ amount }) => ({ from: b, to: a, amount })),
      ]);
    }
    expect(await bank.reverse(transfer)).toMatchObject({ amount: { amount: '7.00' } });
    await expect(bank.reverse(transfer)).rejects.toMatchObject({ code: 'ALREADY_REVERSED' });
  });
});

describe('The life of an account', () => {
  it('frozen: it gives nothing; frozen for all: it receives nothing either', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '100.00');
    await bank.freeze(a);
    await expect(bank.withdraw(a, '1.00')).rejects.toMatchObject({ code: 'ACCOUNT_FROZEN' });
    await expect(bank.hold(a, '1.00')).rejects.toMatchObject({ code: 'ACCOUNT_FROZEN' });
    await expect(bank.closeAccount(a, { sweepTo: b })).rejects.toMatchObject({
      code: 'ACCOUNT_FROZEN',
    });
    await bank.deposit(a, '1.00');
    await bank.freeze(a, { refuse: 'all' });
    expect(await bank.account(a)).toMatchObject({ status: 'frozen', refuses: 'all' });
    await expect(bank.deposit(a, '1.00')).rejects.toMatchObject({ code: 'ACCOUNT_FROZEN' });
    await bank.unfreeze(a);
    expect(await bank.account(a)).toMatchObject({ status: 'open', refuses: undefined });
    await bank.withdraw(a, '101.00');
  });

  it('closed: at zero, or with what is left swept away; and open again', async () => {
    const bank = await newBank();
    const [a = '', b = '', c = ''] = await openFunded(bank, '100.00', '0.00', '5.00');
    await expect(bank.closeAccount(a)).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_EMPTY',
      details: { balance: '100.00' },
    });
    const { hold } = await bank.hold(a, '1.00');
    await expect(bank.closeAccount(a, { sweepTo: b })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_EMPTY',
      details: { holds: [hold] },
    });
    await bank.release(hold);
    expect(await bank.closeAccount(a, { sweepTo: b })).toMatchObject({
      type: 'close',
      amount: { amount: '100.00' },
      account: { id: a, ledger: { amount: '0.00' } },
    });
    expect((await bank.balance(b)).ledger.amount).toBe('100.00');
    expect((await bank.account(b)).status).toBe('open');
    await expect(bank.deposit(a, '1.00')).rejects.toMatchObject({ code: 'ACCOUNT_CLOSED' });
    await expect(bank.closeAccount(c, { sweepTo: a })).rejects.toMatchObject({
      code: 'ACCOUNT_CLOSED',
    });
    await expect(bank.closeAccount(b, { sweepTo: b })).rejects.toMatchObject({
      code: 'SAME_ACCOUNT',
    });
    await bank.reopen(a);
    await bank.deposit(a, '1.00');
    await bank.withdraw(a, '1.00');
    await bank.closeAccount(a);
    expect((await bank.account(a)).status).toBe('closed');
  });

  it('renamed: lists and searches know it by its new name, and no longer by the old one', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00', '0.00');
    const found = async (search: string) =>
      (await bank.accounts({ search, limit: 10 }).page()).items.map(({ id }) => id);
    await bank.posted();
    expect(await found('a')).not.toEqual([]);
    await bank.rename(a, { firstName: 'Zoë', lastName: 'Quartz' });
    expect(await found('zoë quartz')).toEqual([a]);
    // The index does not know it yet, and need not.
    expect((await bank.verify()).ok).toBe(true);
    await bank.posted();
    expect(await found('quartz')).toEqual([a]);
    expect(await found('test a')).toEqual(expect.not.arrayContaining([a]));
    await bank.rename(a, { lastName: 'Marble' });
    expect(await bank.account(a)).toMatchObject({ firstName: 'Zoë', lastName: 'Marble' });
    await bank.close();
    const next = await openAgain(bank);
    expect(await next.account(a)).toMatchObject({ firstName: 'Zoë', lastName: 'Marble' });
    await expect(next.rename(a, {})).rejects.toMatchObject({ code: 'INVALID_TEXT' });
  });

  it('limited: what it may owe, and what may leave it at once and in a day', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    await bank.limit(a, { transferLimit: '30.00', dayLimit: '50.00' });
    await expect(bank.withdraw(a, '30.01')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await bank.withdraw(a, '30.00');
    await bank.close();
    const next = await openAgain(bank);
    await expect(next.transfer({ from: a, to: b, amount: '20.01' })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    await next.hold(a, '15.00');
    await expect(next.hold(a, '5.01')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await next.account(a)).toMatchObject({
      transferLimit: { amount: '30.00' },
      dayLimit: { amount: '50.00' },
    });
    await next.limit(a, { transferLimit: 'none', dayLimit: 'none', overdraftLimit: '10.00' });
    await next.withdraw(a, '65.00');
    expect(await next.balance(a)).toMatchObject({ available: { amount: '0.00' } });
    await expect(next.limit(a, {})).rejects.toMatchObject({ code: 'INVALID_AMOUNT' });
    await expect(next.limit(a, { dayLimit: '1.005' })).rejects.toMatchObject({
      code: 'INVALID_AMOUNT',
    });
  });
});

describe('A transfer up to what is there', () => {
  it('moves what is available, and is refused where that is nothing', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    await bank.hold(a, '30.00');
    const receipt = await bank.transfer({ from: a, to: b, amount: '90.00', upTo: true });
    expect(receipt.amount.amount).toBe('70.00');
    await expect(
      bank.transfer({ from: a, to: b, amount: '90.00', upTo: true }),
    ).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect((await bank.withdraw(b, '1.00', { upTo: true })).amount.amount).toBe('1.00');
  });
});

describe('Linked operations of several kinds', () => {
  it('happen all or none, and each is answered as if it were alone', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    const results = await bank.batch(
      [
        { op: 'open', firstName: 'Eve', lastName: 'New', id: 'eve' },
        { op: 'transfer', from: a, to: 'eve', amount: '10.00' },
        { op: 'hold', id: 'eve', amount: '4.00' },
        { op: 'freeze', id: b },
      ],
      { atomic: true },
    );
    expect(results).toMatchObject([
      { receipt: { id: 'eve' } },
      { receipt: { to: { id: 'eve' } } },
      { receipt: { amount: { amount: '4.00' } } },
      { receipt: { type: 'freeze' } },
    ]);
    await expect(
      bank.batch(
        [
          { op: 'unfreeze', id: b },
          { op: 'withdraw', id: 'eve', amount: '7.00' },
        ],
        { atomic: true },
      ),
    ).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS', details: { index: 1 } });
    expect((await bank.account(b)).status).toBe('frozen');
    expect(
      await bank.batch([{ op: 'rob', id: a } as never, { op: 'unfreeze', id: b }]),
    ).toMatchObject([{ error: { code: 'INVALID_TEXT' } }, { receipt: { type: 'unfreeze' } }]);
  });
});

describe('Metadata', () => {
  it('is kept with the entry, on both sides', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '100.00', '0.00');
    const metadata = { order: 7, tags: ['x', 'ü'], __proto__: null, '2': 'b', '1': 'a' };
    await bank.transfer({ from: a, to: b, amount: '1.00', metadata });
    for (const id of [a, b]) {
      const [row] = (await bank.history(id, { reverse: true, limit: 1 }).page()).items;
      expect(row?.details).toEqual({ meta: { order: 7, tags: ['x', 'ü'], '1': 'a', '2': 'b' } });
    }
  });

  it('is a small object, and nothing else', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '100.00');
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const odd of [[], 'text', 7, null, { big: 1n }, circle, { long: 'x'.repeat(2_000) }]) {
      const metadata = odd as unknown as Record<string, unknown>;
      await expect(bank.deposit(a, '1.00', { metadata })).rejects.toMatchObject({
        code: 'INVALID_TEXT',
      });
    }
  });
});
