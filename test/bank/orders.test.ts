import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Bank, DueResult, StandingOrder } from 'drovebank';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openAt } from '#lib/bank/open-bank.js';
import { Machine } from '../machine/processes.js';
import { expectClean } from '../store/books.js';

const DAY = 86_400_000;
const START = Date.parse('2026-01-31T12:00:00Z');

let machine: Machine;
let bank: Bank;
const onDay = (day: number) => {
  machine.now = () => START + day * DAY;
};

beforeEach(async () => {
  machine = await Machine.withBank();
  onDay(0);
  ({ bank } = await machine.start());
  for (const id of ['ada', 'bob']) await bank.openAccount({ id, firstName: id, lastName: 'S' });
  await bank.openAccount({ id: 'eva', firstName: 'Eva', lastName: 'E', currency: 'EUR' });
  await bank.deposit('ada', '100.00');
});

const RENT = {
  from: 'ada',
  to: 'bob',
  amount: '10.00',
  every: 'month on the 31st',
  memo: 'rent',
  reference: 'r-1',
};
const balanceOf = async (id: string) => (await bank.balance(id)).ledger.amount;

async function listed(ended = false): Promise<StandingOrder[]> {
  const orders: StandingOrder[] = [];
  for await (const order of bank.standingOrders({ ended })) orders.push(order);
  return orders;
}

describe('A standing order', () => {
  it('is booked on each day that it is due, once, whoever runs it and however often', async () => {
    const order = await bank.addStandingOrder({ ...RENT, metadata: { flat: 3 } });
    expect(order).toMatchObject({
      order: 1,
      metadata: { flat: 3 },
      every: 'every month on the 31st',
      start: '2026-01-31',
      next: '2026-01-31',
    });
    const { bank: other } = await machine.start();
    const due: DueResult[] = [];
    const onResult = (result: DueResult) => void due.push(result);
    for (const day of [0, 1, 28, 29, 59, 60]) {
      onDay(day);
      await Promise.all([
        bank.runDue({ onResult }),
        other.runDue({ onResult }),
        bank.runDue({ onResult }),
      ]);
    }
    expect(due.map(({ order: number, due: on }) => `${number} ${on}`)).toEqual([
      '1 2026-01-31',
      '1 2026-02-28',
      '1 2026-03-31',
    ]);
    expect(await balanceOf('bob')).toBe('30.00');
    const rows = (await bank.history('bob', { type: 'transfer' }).page()).items;
    expect(rows).toMatchObject([
      {
        bookedAt: '2026-01-31T12:00:00.000Z',
        valueDate: '2026-01-31',
        memo: 'rent',
        reference: 'r-1',
        key: 'standing-order/1/2026-01-31',
        details: { meta: { flat: 3, order: 1 } },
      },
      { bookedAt: '2026-02-28T12:00:00.000Z', valueDate: '2026-02-28' },
      { bookedAt: '2026-03-31T12:00:00.000Z', valueDate: '2026-03-31' },
    ]);
    expect((await bank.history('ada', { type: 'order' }).page()).items).toMatchObject([
      {
        memo: 'rent',
        details: {
          meta: {
            flat: 3,
            order: {
              to: 'bob',
              amount: '10.00',
              every: 'every month on the 31st',
              start: '2026-01-31',
            },
          },
        },
      },
    ]);
    await expectClean(bank);
  });

  it('that nobody ran is run up to 31 days late, and one that was refused as long', async () => {
    await bank.addStandingOrder({ ...RENT, every: 'every 2 weeks on saturday', amount: '30.00' });
    onDay(30);
    // 31 January, 14 and 28 February; the fourth is not due yet.
    expect(await bank.runDue()).toMatchObject({ orders: 1, booked: 3, refused: 0 });
    onDay(43);
    const due: DueResult[] = [];
    expect(await bank.runDue({ onResult: (result) => due.push(result) })).toMatchObject({
      booked: 0,
      replayed: 2,
      refused: 1,
    });
    expect(due).toMatchObject([
      { due: '2026-03-14', receipt: undefined, error: { code: 'INSUFFICIENT_FUNDS' } },
    ]);
    await bank.deposit('ada', '500.00');
    onDay(44);
    expect(await bank.runDue({ dryRun: true })).toMatchObject({ booked: 1 });
    expect(await bank.runDue()).toMatchObject({ booked: 1 });
    onDay(44 + 60);
    await bank.deposit('ada', '0.01').catch(() => undefined); // The bank is used: its clock is believed.
    // 28 March lapsed, as did 11 April; of the last 31 days there are 25 April and 9 May.
    expect(await bank.runDue()).toMatchObject({ booked: 2, replayed: 0 });
  });

  it('begins and ends on its days, and is ended by hand', async () => {
    await bank.addStandingOrder({ ...RENT, every: 'day', start: '2026-02-02', end: '2026-02-03' });
    await bank.addStandingOrder({ ...RENT, every: 'day' });
    expect(await bank.runDue()).toMatchObject({ orders: 2, booked: 1 });
    expect(await bank.endStandingOrder(2, { dryRun: true })).toMatchObject({ order: 2 });
    expect(await listed()).toHaveLength(2);
    expect(await bank.endStandingOrder(2)).toMatchObject({
      order: 2,
      ended: true,
      next: undefined,
    });
    expect(await bank.endStandingOrder(2)).toMatchObject({ ended: true }); // Asked for again it stays ended.
    onDay(10);
    expect(await bank.runDue()).toMatchObject({ orders: 1, booked: 2 });
    expect(await listed()).toMatchObject([
      { order: 1, end: '2026-02-03', next: undefined, ended: false },
    ]);
    expect((await listed(true)).map(({ order, ended }) => [order, ended])).toEqual([
      [1, false],
      [2, true],
    ]);
    await bank.closeAccount('ada', { sweepTo: 'bob' });
    expect(await bank.endStandingOrder(1)).toMatchObject({ order: 1 });
  });

  it('gets the next number, also where many give orders at once, the same ones too', async () => {
    const { bank: other } = await machine.start();
    const orders = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        (at % 2 ? bank : other).addStandingOrder({ ...RENT, every: 'year' }),
      ),
    );
    expect(orders.map(({ order }) => order).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, at) => at + 1),
    );
    expect(await listed()).toHaveLength(40);
    // Nobody takes a number away, or ends an order, by a key of his own.
    for (const idempotencyKey of ['standing-order/41', 'standing-order/1/end']) {
      await expect(bank.deposit('ada', '1.00', { idempotencyKey })).rejects.toMatchObject({
        code: 'INVALID_TEXT',
      });
    }
    expect(await bank.addStandingOrder({ ...RENT, dryRun: true })).toMatchObject({ order: 41 });
    expect(await bank.addStandingOrder(RENT)).toMatchObject({ order: 41 });
    expect((await listed()).map(({ order }) => order).slice(-2)).toEqual([40, 41]);
  });

  it('is given once with a key', async () => {
    const asked = { ...RENT, idempotencyKey: 'rent-1' };
    const both = await Promise.all([bank.addStandingOrder(asked), bank.addStandingOrder(asked)]);
    expect(both).toMatchObject([{ order: 1 }, { order: 1 }]);
    await bank.addStandingOrder({ ...RENT, idempotencyKey: 'rent-2' });
    onDay(5);
    expect(await bank.addStandingOrder(asked)).toMatchObject({
      order: 1,
      replayed: true,
      start: '2026-01-31',
    });
    await expect(bank.addStandingOrder({ ...asked, amount: '11.00' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
      message: 'The key "rent-1" was used for standing order 1, which says something else.',
    });
    expect(await listed(true)).toHaveLength(2);
  });

  it('is not booked any more once its ending was answered for, be it under way', async () => {
    for (let order = 1; order <= 40; order++) {
      await bank.addStandingOrder({ ...RENT, amount: '0.01', every: 'day', start: '2026-01-01' });
    }
    const { bank: other } = await machine.start();
    const due: DueResult[] = [];
    const run = bank.runDue({ onResult: (result) => void due.push(result) });
    await other.endStandingOrder(40);
    const before = (await bank.history('ada', { type: 'transfer' }).page()).items.length;
    await run;
    const rows = [];
    for await (const row of bank.history('ada')) rows.push(row);
    const end = rows.findIndex(({ type }) => type === 'end-order');
    expect(rows.slice(end).filter(({ key }) => key.startsWith('standing-order/40/2'))).toEqual([]);
    expect(rows.filter(({ type }) => type === 'transfer').length).toBeGreaterThan(before);
  });

  it('is run on where nothing else happens in the bank, however far its days lie apart', async () => {
    machine.now = () => Date.parse('2026-02-01T00:00:10Z');
    await bank.addStandingOrder({ ...RENT, amount: '1.00', every: 'month on the 1st' });
    await bank.addStandingOrder({ ...RENT, amount: '1.00', every: 'year' });
    for (const [month, booked] of [
      ['02', 2],
      ['03', 1],
      ['04', 1],
      ['05', 1],
      ['06', 1],
    ] as const) {
      machine.now = () => Date.parse(`2026-${month}-01T00:0${month.slice(1)}:10Z`);
      expect(await bank.runDue(), month).toMatchObject({ booked });
    }
    await bank.endStandingOrder(1);
    machine.now = () => Date.parse('2027-02-20T00:00:00Z');
    expect(await bank.runDue()).toMatchObject({ orders: 1, booked: 1 });
    machine.now = () => Date.parse('2036-02-20T00:00:00Z');
    await expect(bank.runDue()).rejects.toMatchObject({ code: 'CLOCK_AHEAD' });
  });

  it('is run by a bank that was opened to do so, at once and each hour', async () => {
    await bank.addStandingOrder({ ...RENT, every: 'day' });
    const heard: unknown[] = [];
    const listen = (message: unknown) => void heard.push(message);
    subscribe('drovebank:due', listen);
    onTestFinished(() => void unsubscribe('drovebank:due', listen));
    const host = machine.host();
    const hourly: (() => void)[] = [];
    const every = (ms: number, call: () => void) => {
      if (ms !== 3_600_000) return host.system.every(ms, call);
      hourly.push(call);
      return () => void hourly.pop();
    };
    const open = await openAt({ ...host, system: { ...host.system, every } }, machine.directory, {
      runDue: true,
    });
    await expect.poll(() => heard).toHaveLength(1);
    onDay(1);
    hourly[0]?.();
    await expect.poll(() => heard).toHaveLength(2);
    expect(heard).toMatchObject([
      { orders: 1, booked: 1 },
      { orders: 1, booked: 1, replayed: 1 },
    ]);
    expect(await balanceOf('bob')).toBe('20.00');
    await open.close();
    expect(hourly).toEqual([]);
    await expect(openAt(host, machine.directory, { runDue: 'yes' } as never)).rejects.toMatchObject(
      {
        code: 'INVALID_TEXT',
      },
    );
  });

  it('is not run by a clock that has jumped', async () => {
    await bank.addStandingOrder({ ...RENT, every: 'day' });
    onDay(34);
    await expect(bank.runDue()).rejects.toMatchObject({ code: 'CLOCK_AHEAD' });
    const sure = await openAt(machine.host(), machine.directory, { acceptClock: true });
    expect(await sure.runDue()).toMatchObject({ booked: 10 }); // Then nothing is left.
    await sure.close();
  });

  it.each([
    ['every year', '2026-02-01', undefined, '2026-02-01'],
    ['every 3 years', '2024-02-29', undefined, '2027-02-28'],
    ['every 500 years', '2000-01-01', undefined, '2500-01-01'],
    ['every 999 years', '9500-01-01', undefined, '9500-01-01'],
    ['every day', '9999-12-31', undefined, '9999-12-31'],
  ])('%s from %s to %s is due next on %s', async (every, start, end, next) => {
    expect(await bank.addStandingOrder({ ...RENT, every, start, end })).toMatchObject({ next });
  });

  it.each([
    ['to oneself', { ...RENT, to: 'ada' }, 'SAME_ACCOUNT'],
    ['into another currency', { ...RENT, to: 'eva' }, 'CURRENCY_MISMATCH'],
    ['to nobody', { ...RENT, to: 'dan' }, 'ACCOUNT_NOT_FOUND'],
    ['of nothing', { ...RENT, amount: '0.00' }, 'INVALID_AMOUNT'],
    ['with too many decimals', { ...RENT, amount: '0.001' }, 'INVALID_AMOUNT'],
    ['at no time', { ...RENT, every: 'now and then' }, 'INVALID_TEXT'],
    [
      'that ends before it begins',
      { ...RENT, start: '2026-03-01', end: '2026-02-01' },
      'INVALID_TIME',
    ],
    [
      'that is never due',
      { ...RENT, every: 'month on the 5th', start: '2026-03-20', end: '2026-03-25' },
      'INVALID_TIME',
    ],
    ['with metadata that is none', { ...RENT, metadata: 'x' }, 'INVALID_TEXT'],
    ['with metadata of its own name', { ...RENT, metadata: { order: 1 } }, 'INVALID_TEXT'],
    ['with a key that is none', { ...RENT, idempotencyKey: 5 }, 'INVALID_TEXT'],
    ['that begins long ago', { ...RENT, start: '1969-12-31' }, 'INVALID_TIME'],
    ['that begins on no day', { ...RENT, start: '2026-02-30' }, 'INVALID_TIME'],
    ['that is none', undefined, 'INVALID_TEXT'],
  ])('is refused %s', async (_, input, code) => {
    await expect(bank.addStandingOrder(input as never)).rejects.toMatchObject({ code });
    expect(await listed(true)).toEqual([]);
  });

  it.each([[0], [1.5], [7], ['1']])('%j is the number of none', async (order) => {
    await expect(bank.endStandingOrder(order as never)).rejects.toMatchObject({ committed: false });
  });
});
