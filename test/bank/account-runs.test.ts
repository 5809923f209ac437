import { copyFileSync, rmSync } from 'node:fs';
import type { AccountRunResult, Bank } from 'drovebank';
import { beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../machine/processes.js';
import { expectClean, pagePath } from '../store/books.js';

const DAY = 86_400_000;
const START = Date.parse('2026-01-01T12:00:00Z');

let machine: Machine;
let bank: Bank;

const onDay = (day: number) => {
  machine.now = () => START + day * DAY;
};

/** Three customers and the bank's own account, with a history of some days. */
beforeEach(async () => {
  machine = await Machine.withBank();
  onDay(0);
  ({ bank } = await machine.start());
  for (const [id, overdraftLimit] of [
    ['ada', '0'],
    ['bob', '500.00'],
    ['cyd', '0'],
    ['own', '1000000.00'],
  ] as const) {
    await bank.openAccount({ id, firstName: id, lastName: 'Smith', overdraftLimit });
  }
  await bank.openAccount({ id: 'eva', firstName: 'Eva', lastName: 'E', currency: 'EUR' });
  await bank.deposit('eva', '1000.00');
  await bank.deposit('ada', '365.00');
  onDay(10);
  await bank.deposit('ada', '1.00');
  await bank.withdraw('ada', '1.00');
  await bank.deposit('ada', '365.00');
  await bank.withdraw('bob', '365.00');
  onDay(31);
});

const JANUARY = { from: '2026-01-01', asOf: '2026-02-01' };
const EXCHANGE = { from: 'ada', to: 'eva', amount: '1.00', rate: '0.9' };
const balancesOf = (ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await bank.balance(id)).ledger.amount));

describe('Interest', () => {
  it('is paid on the balance at the end of each day, once, however often it is asked for', async () => {
    const results: AccountRunResult[] = [];
    const onResult = (result: AccountRunResult) => results.push(result);
    const asked = { ...JANUARY, rate: '10', overdraftRate: '20', onResult };
    const run = await bank.payInterest(asked);
    // Ada: 10 days at 365.00, 21 at 730.00. Bob: 21 days at -365.00. Cyd and the bank's own: nothing.
    expect(run).toMatchObject({
      accounts: 4,
      paid: { accounts: 1, sum: { amount: '5.20' } },
      charged: { accounts: 1, sum: { amount: '4.20' } },
      replayed: 0,
      refused: 0,
    });
    expect(
      results.map(({ id, direction, amount }) => [id, direction, amount.amount]).sort(),
    ).toEqual([
      ['ada', 'in', '5.20'],
      ['bob', 'out', '4.20'],
    ]);
    expect(await balancesOf(['ada', 'bob', 'cyd', 'eva'])).toEqual([
      '735.20',
      '-369.20',
      '0.00',
      '1000.00',
    ]);
    expect(await bank.payInterest(asked)).toMatchObject({
      paid: run.paid,
      charged: run.charged,
      replayed: 2,
    });
    expect(await balancesOf(['ada', 'bob'])).toEqual(['735.20', '-369.20']);
    const [row] = (await bank.history('ada', { reverse: true, limit: 1 }).page()).items;
    expect(row).toMatchObject({
      memo: 'interest 2026-01-01 to 2026-02-01',
      key: 'interest/2026-01-01/2026-02-01/ada',
      details: { meta: { from: '2026-01-01', asOf: '2026-02-01', dayCount: 'act/365' } },
    });
    // At other rates it is another request under the same key.
    const other = await bank.payInterest({ ...asked, rate: '11' });
    expect(other).toMatchObject({ replayed: 1, refused: 1 });
    expect(results.at(-1)?.error ?? results.at(-2)?.error).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
    await expectClean(bank);
  });

  it('is paid by an account of the bank, to those that are named, under a name', async () => {
    const asked = {
      ...JANUARY,
      rate: '10',
      account: 'own',
      accounts: ['ada'],
      name: 'bonus',
      memo: 'thanks',
    };
    expect(await bank.payInterest({ ...asked, dryRun: true })).toMatchObject({
      paid: { accounts: 1 },
      accounts: 1,
    });
    expect(await balancesOf(['own', 'ada'])).toEqual(['0.00', '730.00']);
    await bank.payInterest(asked);
    expect(await balancesOf(['own', 'ada'])).toEqual(['-5.20', '735.20']);
    expect(await bank.payInterest({ ...asked, name: 'again' })).toMatchObject({ replayed: 0 });
    const { paid } = await bank.payInterest({
      ...JANUARY,
      rate: '10',
      currency: 'EUR',
      name: 'euros',
    });
    expect(paid).toMatchObject({ accounts: 1, sum: { amount: '8.49', currency: 'EUR' } });
  });

  it('does not depend on what is booked behind the period, nor on where the rows lie', async () => {
    for (let day = 11; day < 31; day++) {
      onDay(day);
      await bank.batch(
        Array.from({ length: 10 }, () => ({ op: 'deposit', id: 'cyd', amount: '1.00' }) as const),
      );
      if (day % 5 === 0) await bank.posted();
    }
    onDay(31);
    const first = await bank.payInterest({ ...JANUARY, rate: '10', dryRun: true });
    for (let more = 0; more < 150; more++) await bank.deposit('cyd', '100.00');
    const second = await bank.payInterest({ ...JANUARY, rate: '10' });
    expect(second.paid).toEqual(first.paid);
    // 10.00 more each day: 10 + 20 + … + 200 days of one unit.
    const cents = Math.round((2_100 * 100 * 0.1) / 365);
    expect(
      (await bank.entries({ type: 'deposit', search: 'interest', counterparty: 'cyd' }).page())
        .items,
    ).toMatchObject([{ amount: { minor: BigInt(cents) } }]);
  });

  it('is not paid by pages that do not follow each other, nor where one is missing', async () => {
    const deposits = () =>
      bank.batch(
        Array.from({ length: 70 }, () => ({ op: 'deposit', id: 'cyd', amount: '1.00' }) as const),
      );
    for (let page = 0; page < 4; page++) {
      await deposits();
      await bank.posted();
    }
    await bank.close();
    const page = (on: Machine, number: number) => pagePath(on.directory, 'cyd', number);
    const harms: ((on: Machine) => void)[] = [
      (on) => copyFileSync(page(on, 2), page(on, 1)),
      (on) => copyFileSync(page(on, 1), page(on, 2)),
      (on) => rmSync(page(on, 1)),
    ];
    for (const harm of harms) {
      const harmed = machine.fork();
      harmed.now = machine.now;
      harm(harmed);
      const { bank: other } = await harmed.start();
      await expect(other.payInterest({ ...JANUARY, rate: '10' })).rejects.toMatchObject({
        code: 'BANK_DAMAGED',
      });
      await other.close().catch(() => undefined);
    }
    const { bank: whole } = await machine.start();
    expect(await whole.payInterest({ ...JANUARY, rate: '10' })).toMatchObject({
      paid: { accounts: 1 },
    });
  });

  it('goes on where it was cut short', async () => {
    const stop = new AbortController();
    const asked = { ...JANUARY, rate: '10', overdraftRate: '20' };
    const cut = bank.payInterest({ ...asked, signal: stop.signal, onProgress: () => stop.abort() });
    await cut.catch(() => undefined);
    expect(await bank.payInterest(asked)).toMatchObject({
      paid: { sum: { amount: '5.20' } },
      replayed: 2,
    });
    expect(await balancesOf(['ada', 'bob'])).toEqual(['735.20', '-369.20']);
  });

  it('is not paid twice for a day by runs of one name, nor to an account that is named twice', async () => {
    const asked = { ...JANUARY, rate: '10', accounts: ['ada', 'ADA', 'ada'] };
    expect(await bank.payInterest(asked)).toMatchObject({
      accounts: 1,
      paid: { accounts: 1, sum: { amount: '5.20' } },
    });
    const errors: (string | undefined)[] = [];
    const onResult = ({ id, error }: AccountRunResult) =>
      void errors.push(`${id} ${error?.message}`);
    for (const period of [
      { from: '2026-01-31', asOf: '2026-02-01' },
      { from: '2025-12-01', asOf: '2026-01-02' },
      { from: '2025-12-01', asOf: '2026-02-01' },
    ]) {
      const run = await bank.payInterest({ ...asked, ...period, onResult });
      expect(run).toMatchObject({ paid: { accounts: 0 }, refused: 1 });
    }
    expect(new Set(errors)).toEqual(
      new Set(['ada ada was paid from 2026-01-01 to 2026-02-01 already, by transfer 12.']),
    );
    expect(
      await bank.payInterest({ ...asked, from: '2025-12-01', asOf: '2026-01-01' }),
    ).toMatchObject({ refused: 0 });
    expect(await bank.payInterest({ ...asked, name: 'other' })).toMatchObject({
      paid: { accounts: 1 },
    });
    // A fee of that name is another thing.
    expect(
      await bank.chargeFee({ amount: '1.00', period: '1', name: 'other', accounts: ['ada'] }),
    ).toMatchObject({ charged: { accounts: 1 } });
  });

  it('tells of accounts that are named and have no part in it', async () => {
    const errors: string[] = [];
    const onResult = ({ id, error }: AccountRunResult) => void errors.push(`${id} ${error?.code}`);
    const accounts = ['dan', 'eva', 'ada'];
    expect(await bank.payInterest({ ...JANUARY, rate: '10', accounts, onResult })).toMatchObject({
      accounts: 1,
      refused: 2,
    });
    expect(errors).toEqual(['dan ACCOUNT_NOT_FOUND', 'eva ACCOUNT_NOT_FOUND', 'ada undefined']);
  });

  it('that is cut short says how many were booked', async () => {
    const ids = Array.from({ length: 4_100 }, (_, at) => `m${at}`);
    for (let at = 0; at < ids.length; at += 2_050) {
      await bank.batch(
        ids
          .slice(at, at + 2_050)
          .map(
            (id) =>
              ({ op: 'open', id, firstName: 'M', lastName: 'N', overdraftLimit: '5.00' }) as const,
          ),
      );
    }
    const stop = new AbortController();
    const asked = { amount: '1.00', period: '1', accounts: ids, onProgress: () => stop.abort() };
    const cut = await bank.chargeFee({ ...asked, signal: stop.signal }).catch((error) => error);
    expect(cut).toMatchObject({ code: 'CANCELLED', details: { booked: expect.any(Number) } });
    expect(cut.message).toBe(
      `The run was cut short. ${cut.details.booked} accounts are booked, and stay so.`,
    );
    const run = await bank.chargeFee(asked);
    expect(run).toMatchObject({ charged: { accounts: 4_100 }, replayed: cut.details.booked });
  });

  it('tells of those that are refused, and leaves closed accounts out', async () => {
    await bank.freeze('ada', { refuse: 'all' });
    await bank.closeAccount('cyd');
    const refused: string[] = [];
    const onResult = ({ id, error }: AccountRunResult) =>
      void (error && refused.push(`${id} ${error.code}`));
    const run = await bank.payInterest({ ...JANUARY, rate: '10', overdraftRate: '99', onResult });
    expect(run).toMatchObject({ paid: { accounts: 0 }, charged: { accounts: 1 }, refused: 1 });
    expect(refused).toEqual(['ada ACCOUNT_FROZEN']);
    await bank.unfreeze('ada');
    expect(await bank.payInterest({ ...JANUARY, rate: '10', overdraftRate: '99' })).toMatchObject({
      paid: { accounts: 1 },
      replayed: 1,
    });
  });

  it.each([
    ['a day that is not over', { from: '2026-01-01', asOf: '2026-02-02' }, 'INVALID_TIME'],
    ['no day', { from: '2026-01-01', asOf: '2026-01-01' }, 'INVALID_TIME'],
    ['an odd day', { from: '2026-01-32', asOf: '2026-02-01' }, 'INVALID_TIME'],
    ['no rate', { ...JANUARY, rate: undefined }, 'INVALID_AMOUNT'],
    ['an odd day count', { ...JANUARY, dayCount: 'act/act' }, 'INVALID_TEXT'],
    ['a name with a slash', { ...JANUARY, name: 'a/b' }, 'INVALID_TEXT'],
    ['an empty name', { ...JANUARY, name: '' }, 'INVALID_TEXT'],
    ['a memo that is none', { ...JANUARY, memo: 5 }, 'INVALID_TEXT'],
    ['a call that is none', { ...JANUARY, onResult: 5 }, 'INVALID_TEXT'],
    ['the outside', { ...JANUARY, accounts: ['world-usd'] }, 'INVALID_ID'],
    ['a hole', { ...JANUARY, accounts: new Array(1) }, 'INVALID_ID'],
    ['accounts that are no list', { ...JANUARY, accounts: 'ada' }, 'INVALID_TEXT'],
    ['a currency that is none', { ...JANUARY, currency: 'XXQ' }, 'INVALID_CURRENCY'],
    ['an account that is not there', { ...JANUARY, account: 'dan' }, 'ACCOUNT_NOT_FOUND'],
    ['an account of another currency', { ...JANUARY, account: 'eva' }, 'CURRENCY_MISMATCH'],
    ['nothing at all', undefined, 'INVALID_TEXT'],
  ])('is refused for %s', async (_, input, code) => {
    const asked = input && { rate: '1', ...input };
    await expect(bank.payInterest(asked as never)).rejects.toMatchObject({ code });
  });

  it('waits a minute behind the end of the last day', async () => {
    machine.now = () => Date.parse('2026-02-01T00:00:59.999Z');
    await expect(bank.payInterest({ ...JANUARY, rate: '1' })).rejects.toMatchObject({
      code: 'INVALID_TIME',
    });
    machine.now = () => Date.parse('2026-02-01T00:01:00Z');
    expect(await bank.payInterest({ ...JANUARY, rate: '1' })).toMatchObject({
      paid: { accounts: 1 },
    });
  });
});

describe('A fee', () => {
  it('is charged once for a period, also from those that have less, and not from those that have enough', async () => {
    await bank.deposit('cyd', '0.50');
    const asked = { amount: '2.00', period: '2026-01', account: 'own', waiveFrom: '730.00' };
    const run = await bank.chargeFee(asked);
    expect(run).toMatchObject({
      accounts: 3,
      paid: { accounts: 0 },
      charged: { accounts: 1 },
      refused: 1,
    });
    expect(await bank.chargeFee({ ...asked, upTo: true, accounts: ['cyd'] })).toMatchObject({
      charged: { accounts: 1, sum: { amount: '0.50' } },
    });
    expect(await balancesOf(['own', 'ada', 'bob', 'cyd'])).toEqual([
      '2.50',
      '730.00',
      '-367.00',
      '0.00',
    ]);
    expect(await bank.chargeFee(asked)).toMatchObject({ replayed: 1, refused: 1 });
    expect(
      await bank.chargeFee({ ...asked, upTo: true, name: 'more', accounts: ['cyd'] }),
    ).toMatchObject({
      accounts: 1,
      charged: { accounts: 0 },
      refused: 0,
    });
    expect(await bank.chargeFee({ ...asked, period: '2026-02' })).toMatchObject({ replayed: 0 });
    expect(await balancesOf(['bob'])).toEqual(['-369.00']);
  });

  it.each([
    ['no amount', { period: '1' }, 'INVALID_AMOUNT'],
    ['nothing', { amount: '0.00', period: '1' }, 'INVALID_AMOUNT'],
    ['no period', { amount: '1.00' }, 'INVALID_TEXT'],
    ['an empty period', { amount: '1.00', period: '' }, 'INVALID_TEXT'],
    ['an odd flag', { amount: '1.00', period: '1', upTo: 'yes' }, 'INVALID_TEXT'],
  ])('is refused for %s', async (_, input, code) => {
    await expect(bank.chargeFee(input as never)).rejects.toMatchObject({ code });
  });
});

describe('An exchange', () => {
  it('is two movements that keep the rate, both or none, once for a key', async () => {
    const asked = {
      from: 'ada',
      to: 'eva',
      amount: '100.00',
      rate: '0.9215',
      memo: 'holiday',
      idempotencyKey: 'x',
    };
    expect(await bank.exchange({ ...asked, dryRun: true })).toMatchObject({ replayed: false });
    const first = await bank.exchange(asked);
    expect(first).toMatchObject({
      sold: { amount: { amount: '100.00', currency: 'USD' }, to: { id: 'world-usd' } },
      bought: { amount: { amount: '92.15', currency: 'EUR' }, from: { id: 'world-eur' } },
      rate: '0.9215',
      replayed: false,
    });
    expect(first.bought.transfer).toBe(first.sold.transfer + 1);
    expect(await bank.exchange(asked)).toMatchObject({
      sold: { transfer: first.sold.transfer },
      replayed: true,
    });
    expect(await balancesOf(['ada', 'eva'])).toEqual(['630.00', '1092.15']);
    for (const id of ['ada', 'eva']) {
      const [row] = (await bank.history(id, { reverse: true, limit: 1 }).page()).items;
      const exchange = { from: 'ada', to: 'eva', rate: '0.9215' };
      expect(row).toMatchObject({ memo: 'holiday', details: { meta: { exchange } } });
    }
    expect((await bank.totals()).map(({ sum }) => sum.amount)).toEqual(['0.00', '0.00']);
    await expect(bank.exchange({ ...asked, rate: '0.93' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
    await expect(
      bank.exchange({ ...asked, amount: '10000.00', idempotencyKey: 'y' }),
    ).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      message: 'ada has 630.00 USD available; 10000.00 USD was asked.',
    });
    await bank.freeze('eva', { refuse: 'all' });
    await expect(bank.exchange({ ...asked, idempotencyKey: 'z' })).rejects.toMatchObject({
      code: 'ACCOUNT_FROZEN',
    });
    expect(await balancesOf(['ada', 'eva'])).toEqual(['630.00', '1092.15']);
  });

  it('sells all that was asked, and nothing less, and is taken back as a whole', async () => {
    const sneaky = { ...EXCHANGE, amount: '999999.00', upTo: true };
    await expect(bank.exchange(sneaky)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    const { sold, bought } = await bank.exchange(EXCHANGE);
    for (const { transfer } of [sold, bought]) {
      await expect(bank.reverse(transfer)).rejects.toMatchObject({ code: 'TRANSFER_NOT_FOUND' });
    }
    for (const { transfer } of [sold, bought]) await bank.reverse(transfer, { force: true });
    expect(await balancesOf(['ada', 'eva'])).toEqual(['730.00', '1000.00']);
    const other = await bank.deposit('ada', '1.00', { metadata: { exchange: 'NYSE' } });
    await bank.reverse(other.transfer);
  });

  it.each([
    ['of one currency', { from: 'ada', to: 'bob', amount: '1.00', rate: '1' }, 'CURRENCY_MISMATCH'],
    ['at no rate', { from: 'ada', to: 'eva', amount: '1.00', rate: '0' }, 'INVALID_AMOUNT'],
    ['of nothing', { from: 'ada', to: 'eva', amount: '0.00', rate: '1' }, 'INVALID_AMOUNT'],
    [
      'with too many decimals',
      { from: 'ada', to: 'eva', amount: '0.001', rate: '1' },
      'INVALID_AMOUNT',
    ],
    ['to nobody', { from: 'ada', to: 'dan', amount: '1.00', rate: '1' }, 'ACCOUNT_NOT_FOUND'],
    ['without a request', undefined, 'INVALID_TEXT'],
    ['with a key that is none', { ...EXCHANGE, idempotencyKey: null }, 'INVALID_TEXT'],
    [
      'with a key that leaves no room',
      { ...EXCHANGE, idempotencyKey: 'k'.repeat(195) },
      'INVALID_TEXT',
    ],
    ['with metadata that is none', { ...EXCHANGE, metadata: ['x'] }, 'INVALID_TEXT'],
    ['with metadata of its own name', { ...EXCHANGE, metadata: { exchange: 1 } }, 'INVALID_TEXT'],
  ])('is refused %s', async (_, input, code) => {
    await expect(bank.exchange(input as never)).rejects.toMatchObject({ code });
  });
});
