import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Bank, openBank, type Receipt } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { Machine } from '../machine/processes.js';
import { expectClean, expectWhole, fund } from '../store/books.js';
import { booksOf, newBank, openAgain, openFunded } from './new-bank.js';

type Write = (bank: Bank, a: string, b: string, key: string) => Promise<{ replayed: boolean }>;

const WRITES: Record<string, Write> = {
  openAccount: (bank, _a, _b, idempotencyKey) =>
    bank.openAccount({ firstName: 'Eve', lastName: 'Late', idempotencyKey }),
  'openAccount with an id': (bank, _a, _b, idempotencyKey) =>
    bank.openAccount({ firstName: 'Eve', lastName: 'Late', id: 'eve', idempotencyKey }),
  deposit: (bank, a, _b, idempotencyKey) => bank.deposit(a, '1.00', { idempotencyKey }),
  withdraw: (bank, a, _b, idempotencyKey) => bank.withdraw(a, '1.00', { idempotencyKey }),
  transfer: (bank, from, to, idempotencyKey) =>
    bank.transfer({ from, to, amount: '1.00', idempotencyKey }),
  'transfer up to what there is': (bank, from, to, idempotencyKey) =>
    bank.transfer({ from, to, amount: '900.00', upTo: true, idempotencyKey }),
  'transfer with metadata': (bank, from, to, idempotencyKey) =>
    bank.transfer({ from, to, amount: '1.00', metadata: { order: 7 }, idempotencyKey }),
  hold: (bank, a, _b, idempotencyKey) => bank.hold(a, '1.00', { ttlSeconds: 3600, idempotencyKey }),
  'capture of a part': async (bank, a, to, idempotencyKey) => {
    const { hold } = await bank.hold(a, '2.00', { idempotencyKey: 'h' });
    return bank.capture(hold, { amount: '1.00', to, keepRest: true, idempotencyKey });
  },
  'capture of all': async (bank, a, to, idempotencyKey) => {
    const { hold } = await bank.hold(a, '2.00', { idempotencyKey: 'h' });
    return bank.capture(hold, { to, idempotencyKey });
  },
  release: async (bank, a, _b, idempotencyKey) => {
    const { hold } = await bank.hold(a, '2.00', { idempotencyKey: 'h' });
    return bank.release(hold, { idempotencyKey });
  },
  reverse: async (bank, a, _b, idempotencyKey) => {
    const { transfer } = await bank.deposit(a, '2.00', { idempotencyKey: 'd' });
    return bank.reverse(transfer, { idempotencyKey });
  },
  freeze: (bank, a, _b, idempotencyKey) => bank.freeze(a, { refuse: 'all', idempotencyKey }),
  unfreeze: (bank, a, _b, idempotencyKey) => bank.unfreeze(a, { idempotencyKey }),
  'close, with what is left': (bank, a, sweepTo, idempotencyKey) =>
    bank.closeAccount(a, { sweepTo, idempotencyKey }),
  reopen: (bank, a, _b, idempotencyKey) => bank.reopen(a, { idempotencyKey }),
  rename: (bank, a, _b, idempotencyKey) => bank.rename(a, { lastName: 'New', idempotencyKey }),
  limit: (bank, a, _b, idempotencyKey) => bank.limit(a, { dayLimit: '5.00', idempotencyKey }),
};

describe('the same request with the same key', () => {
  it.each(Object.keys(WRITES))('gives the first answer and books nothing: %s', async (name) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '10.00');
    const write = WRITES[name] ?? expect.fail();
    const first = await write(bank, a, b, 'k-1');
    expect(first.replayed).toBe(false);
    const books = await booksOf(bank);
    const again = { ...first, replayed: true };
    expect(await write(bank, a, b, 'k-1')).toEqual(again);
    expect(await booksOf(bank)).toEqual(books);
    // For another handle, and for whoever opens it next, with the passbooks posted.
    const other = await openAgain(bank);
    expect(await write(other, a, b, 'k-1')).toEqual(again);
    await bank.close();
    expect(await write(other, a, b, 'k-1')).toEqual(again);
    expect(await booksOf(other)).toEqual(books);
  });

  it('gives the first answer also when the account has moved on, or could not pay any more', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const first = await bank.withdraw(a, '10.00', { idempotencyKey: 'all of it' });
    expect(await bank.withdraw(a, '10.00', { idempotencyKey: 'all of it' })).toEqual({
      ...first,
      replayed: true,
    });
    await expect(bank.withdraw(a, '10.00')).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
  });

  it('books once when it is asked many times at once, by several handles', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const handles = [bank, await openAgain(bank), await openAgain(bank)];
    const asked = handles.flatMap((one) =>
      Array.from({ length: 20 }, () => one.deposit(a, '1.00', { idempotencyKey: 'once' })),
    );
    const receipts = await Promise.all(asked);
    expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(receipts.map(({ transfer }) => transfer)).size).toBe(1);
    expect((await bank.balance(a)).ledger.amount).toBe('11.00');
  });

  it('is known among very many, from before and from behind the posting', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const keyed = (count: number, name: string) =>
      Array.from({ length: count }, (_, index) => ({
        to: a,
        amount: '1.00',
        idempotencyKey: `${name}-${index}`,
      }));
    const first = await bank.transferMany(keyed(300, 'posted'));
    await bank.posted();
    const second = await bank.transferMany(keyed(300, 'fresh'));
    const other = await openAgain(bank);
    for (const one of [bank, other]) {
      for (const [name, booked] of [
        ['posted', first],
        ['fresh', second],
      ] as const) {
        const answers = await one.transferMany(keyed(300, name));
        for (const [index, answer] of answers.entries()) {
          const before = booked[index];
          const receipt = before && 'receipt' in before ? before.receipt : expect.fail();
          expect(answer).toEqual({ receipt: { ...receipt, replayed: true } });
        }
      }
    }
    expect((await bank.balance(a)).ledger.amount).toBe('610.00');
  });
});

describe('another request with a key that was used', () => {
  const MEMO = { memo: 'm', reference: 'r', valueDate: '2026-11-20' };
  const OTHERS: Record<string, Write> = {
    'another amount': (bank, a, _b, idempotencyKey) =>
      bank.deposit(a, '2.00', { ...MEMO, idempotencyKey }),
    'another account': (bank, _a, b, idempotencyKey) =>
      bank.deposit(b, '1.00', { ...MEMO, idempotencyKey }),
    'another memo': (bank, a, _b, idempotencyKey) =>
      bank.deposit(a, '1.00', { ...MEMO, memo: 'n', idempotencyKey }),
    'another reference': (bank, a, _b, idempotencyKey) =>
      bank.deposit(a, '1.00', { ...MEMO, reference: '', idempotencyKey }),
    'another value date': (bank, a, _b, idempotencyKey) =>
      bank.deposit(a, '1.00', { ...MEMO, valueDate: '2026-11-21', idempotencyKey }),
    'another verb': (bank, a, _b, idempotencyKey) =>
      bank.withdraw(a, '1.00', { ...MEMO, idempotencyKey }),
    'a transfer': (bank, from, to, idempotencyKey) =>
      bank.transfer({ from, to, amount: '1.00', ...MEMO, idempotencyKey }),
    'an account to open': (bank, _a, _b, idempotencyKey) =>
      bank.openAccount({ firstName: 'E', lastName: 'L', ...MEMO, idempotencyKey }),
  };

  it.each(Object.keys(OTHERS))('is refused, and names the entry: %s', async (name) => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '10.00');
    const { transfer } = await bank.deposit(a, '1.00', { ...MEMO, idempotencyKey: 'k' });
    const books = await booksOf(bank);
    await expect(OTHERS[name]?.(bank, a, b, 'k')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
      committed: false,
      details: { key: 'k', transfer },
    });
    expect(await booksOf(bank)).toEqual(books);
    // The same one, told in another way, is still the same.
    const same = await bank.deposit(a.toUpperCase(), 100n, { ...MEMO, idempotencyKey: 'k' });
    expect(same).toMatchObject({ transfer, replayed: true });
  });
});

describe('keys', () => {
  it('of a refused request may be used again', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const key = { idempotencyKey: 'k' };
    await expect(bank.withdraw(a, '11.00', key)).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
    });
    expect((await bank.withdraw(a, '9.00', key)).replayed).toBe(false);
    expect((await bank.withdraw(a, '9.00', key)).replayed).toBe(true);
  });

  it.each([
    '=1+1',
    "'quoted",
    'with "quotes", and commas',
    ',"k",,,',
    '☃ and 𝄞',
    ' padded ',
    'x'.repeat(200),
  ])('may look like this: %s', async (idempotencyKey) => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const first = await bank.deposit(a, '1.00', { idempotencyKey });
    await bank.deposit(a, '2.00', { idempotencyKey: 'k' });
    const other = await openAgain(bank);
    const again = await other.deposit(a, '1.00', { idempotencyKey });
    expect(again).toEqual({ ...first, replayed: true });
    expect((await other.history(a, { reverse: true }).page()).items[1]?.key).toBe(idempotencyKey);
  });

  it('hold within one call of transferMany, and from call to call', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
    const one = { from: a, to: b, amount: '1.00', idempotencyKey: 'one' };
    const two = { ...one, idempotencyKey: 'two' };
    const answers = await bank.transferMany([one, one, two, { ...two, amount: '2.00' }]);
    const receipts = answers.flatMap((answer) => ('receipt' in answer ? [answer.receipt] : []));
    expect(receipts.map(({ replayed }) => replayed)).toEqual([false, true, false]);
    expect(receipts.map(({ transfer }) => transfer)).toEqual([4, 4, 5]);
    expect(answers[3]).toMatchObject({ error: { code: 'IDEMPOTENCY_MISMATCH' } });
    const again = await bank.transferMany([two, one], { atomic: true });
    expect(again).toMatchObject([{ receipt: { transfer: 5 } }, { receipt: { transfer: 4 } }]);
    expect((await bank.transfer(one)).replayed).toBe(true);
    expect((await bank.balance(b)).ledger.amount).toBe('2.00');
  });

  it('of an all-or-none call that was refused are free again', async () => {
    const bank = await newBank();
    const [a = '', b = ''] = await openFunded(bank, '10.00', '0.00');
    const small = { from: a, to: b, amount: '1.00', idempotencyKey: 'small' };
    const large = { from: a, to: b, amount: '99.00', idempotencyKey: 'large' };
    const asked = Promise.allSettled([
      bank.transferMany([small, large], { atomic: true }),
      bank.transfer({ ...small, amount: '2.00' }),
    ]);
    expect(await asked).toMatchObject([
      { reason: { code: 'INSUFFICIENT_FUNDS', details: { index: 1 } } },
      { value: { replayed: false, amount: { amount: '2.00' } } },
    ]);
    expect((await bank.balance(b)).ledger.amount).toBe('2.00');
  });
});

describe('a key outlives its process', () => {
  it('that was killed with the answer on its way', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    const key = { idempotencyKey: 'req-1' };
    const answer = await first.bank.deposit(ada, '1.00', key);
    machine.kill(first);
    const second = await machine.start();
    expect(await second.bank.deposit(ada, '1.00', key)).toEqual({ ...answer, replayed: true });
    machine.reboot();
    const third = await machine.start();
    expect(await third.bank.deposit(ada, '1.00', key)).toEqual({ ...answer, replayed: true });
    await third.bank.close();
    await expectWhole(machine, { [ada]: '101.00' });
  });

  it('by kill -9, for real', async () => {
    const bank = await newBank();
    const [a = ''] = await openFunded(bank, '10.00');
    const answers = await killBehind(startDepositor(bank.directory, a), 25);
    expect(answers.length).toBeGreaterThanOrEqual(25);
    const other = await openBank(bank.directory);
    for (const answer of answers) {
      const again = await other.deposit(a, '1.00', { idempotencyKey: answer.key });
      expect(again).toMatchObject({ transfer: answer.transfer, replayed: true });
    }
    await expectClean(other);
    await other.close();
  });
});

interface Answer extends Pick<Receipt, 'transfer'> {
  readonly key: string;
}

/** A process that deposits 1.00 again and again, each time with a new key, and says what it was answered. */
function startDepositor(directory: string, id: string): ChildProcess {
  const program = fileURLToPath(new URL('../programs/depositor.js', import.meta.url));
  return spawn(process.execPath, [program, directory, id], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Kills it behind `count` answers. Gives all that it printed; a line that was cut is no answer. */
async function killBehind(child: ChildProcess, count: number): Promise<Answer[]> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    if (text.split('\n').length > count) child.kill('SIGKILL');
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
