import type { HistoryEntry, HistoryOptions } from 'drovebank';
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import type { Disk } from '#lib/disk/disk.js';
import { CHECKPOINT_FILE } from '#lib/store/checkpoint.js';
import { type Hook, hooked } from '#lib/testing/hooked-disk.js';
import { Machine, noPoster } from '../machine/processes.js';
import { expectClean, expectWhole, pagePath, rowsOn } from '../store/books.js';

const MINUTE = 60_000;
const START = Date.parse('2026-11-20T09:00:00Z');

/**
 * An account with 151 rows, five of them a minute: pages of 64 and 65 rows behind it, one row and
 * some more on its open page, and the newest not posted.
 */
async function longAccount() {
  const machine = await Machine.withBank();
  const { bank } = await machine.start();
  machine.now = () => START;
  const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  for (let batch = 1; batch <= 30; batch++) {
    machine.now = () => START + batch * MINUTE;
    const memo = `minute ${batch}`;
    await bank.transferMany(Array.from({ length: 5 }, () => ({ to: id, amount: '1.00', memo })));
    if ([12, 13, 26, 27].includes(batch)) await bank.posted();
  }
  return { machine, bank, id };
}

async function read(bank: Bank, id: string, options: HistoryOptions): Promise<HistoryEntry[]> {
  const rows: HistoryEntry[] = [];
  for await (const row of bank.history(id, options)) rows.push(row);
  return rows;
}

async function readByPages(bank: Bank, id: string, options: HistoryOptions) {
  const rows: HistoryEntry[] = [];
  let { after } = options;
  do {
    const page = await bank.history(id, { ...options, after }).page();
    expect(page.items.length).toBeLessThanOrEqual(options.limit ?? 100);
    rows.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return rows;
}

/** What the options mean, told in the simplest way. */
function expected(rows: readonly HistoryEntry[], options: HistoryOptions): HistoryEntry[] {
  const { from, to, after, reverse, limit } = options;
  const time = (moment: Date | string) => new Date(moment).toISOString();
  const wanted = rows.filter(
    ({ bookedAt, seq }) =>
      (from === undefined || bookedAt >= time(from)) &&
      (to === undefined || bookedAt < time(to)) &&
      (after === undefined || (reverse ? seq < after : seq > after)),
  );
  return (reverse ? wanted.reverse() : wanted).slice(0, limit);
}

const at = (minutes: number) => new Date(START + minutes * MINUTE);

describe('the history of an account over several pages', () => {
  it('has every row once, in order, with all that the passbook says', async () => {
    const { machine, bank, id } = await longAccount();
    const rows = await read(bank, id, {});
    expect(rows.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 151 }, (_, index) => index + 1),
    );
    const onPage = (page?: number) => rowsOn(machine.directory, id, page).length;
    expect([onPage(1), onPage(2), onPage()]).toEqual([65, 65, 6]);
    expect(rows[0]).toMatchObject({ type: 'open', direction: undefined, counterparty: '' });
    expect(rows[150]).toEqual({
      account: id,
      seq: 151,
      bookedAt: '2026-11-20T09:30:00.000Z',
      type: 'deposit',
      transfer: 151,
      counterparty: 'world-usd',
      direction: 'in',
      amount: expect.objectContaining({ amount: '1.00', minor: 100n, currency: 'USD' }),
      balance: expect.objectContaining({ amount: '150.00' }),
      held: expect.objectContaining({ amount: '0.00' }),
      memo: 'minute 30',
      reference: '',
      valueDate: '',
      key: '',
      details: {},
    });
    await bank.posted();
    expect(await read(bank, id, {}), 'posted').toEqual(rows);
    await expectClean(bank);
    await bank.close();
    await expectWhole(machine, { [id]: '150.00' });
  });

  it('gives any part of it, from either end, row by row or by the page', async () => {
    const { machine, bank, id } = await longAccount();
    const rows = await read(bank, id, {});
    const bounds = [undefined, at(0), at(13), at(14.5), at(26), at(30), at(99)];
    const seqs = [undefined, 0, 64, 65, 66, 130, 131, 145, 151, 999];
    for (const reverse of [false, true]) {
      for (const from of bounds) {
        for (const to of [undefined, at(13), at(27), at(30)]) {
          const options = { from, to, reverse };
          expect(await read(bank, id, options)).toEqual(expected(rows, options));
        }
      }
      for (const after of seqs) {
        const limited = { after, limit: 10, reverse };
        expect(await read(bank, id, limited)).toEqual(expected(rows, limited));
        const whole = { after, reverse };
        expect(await readByPages(bank, id, { ...whole, limit: 33 })).toEqual(expected(rows, whole));
      }
    }
    await bank.close();
    await expectWhole(machine, { [id]: '150.00' });
  });

  it('takes a day for its first instant, and a time with its zone', async () => {
    const { machine, bank, id } = await longAccount();
    const count = async (options: HistoryOptions) => (await read(bank, id, options)).length;
    expect(await count({ from: '2026-11-20' })).toBe(151);
    expect(await count({ from: '2026-11-21' })).toBe(0);
    expect(await count({ to: '2026-11-20' })).toBe(0);
    expect(await count({ to: '2026-11-21' })).toBe(151);
    expect(await count({ from: '2026-11-20T10:30:00+01:00' })).toBe(5);
    expect(await count({ from: '2026-11-20T09:30:00.001Z' })).toBe(0);
    for (const from of ['20.11.2026', '2026-11-31', '2026-11-20T09:00:00', '', 'now']) {
      expect(() => bank.history(id, { from })).toThrow(
        expect.objectContaining({ code: 'INVALID_TIME' }),
      );
    }
    // Years beyond four digits are moments as well.
    const [first, last] = [new Date(-8.64e15), new Date(8.64e15)];
    expect(await count({ from: first, to: last })).toBe(151);
    expect(await count({ from: last })).toBe(0);
    expect(await count({ to: first })).toBe(0);
    expect(await count({ to: '9999-12-31T23:59:59-23:00' })).toBe(151);
    for (const after of [-1, 0.5, Number.NaN, '1' as unknown as number]) {
      expect(() => bank.history(id, { after })).toThrow(/after .* is no whole number, 0 or more/);
    }
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      expect(() => bank.history(id, { limit })).toThrow(/limit/);
    }
    await bank.close();
    await expectWhole(machine, { [id]: '150.00' });
  });

  it('grows behind what was read: a page that goes on misses and repeats nothing', async () => {
    const { machine, bank, id } = await longAccount();
    const other = await machine.start();
    const seen: number[] = [];
    let after: number | undefined = 0;
    while (after !== undefined && seen.length < 400) {
      const page: { items: readonly HistoryEntry[]; next: number | undefined } = await other.bank
        .history(id, { after, limit: 50 })
        .page();
      seen.push(...page.items.map(({ seq }) => seq));
      if (seen.length < 200) {
        await bank.transferMany(Array.from({ length: 40 }, () => ({ to: id, amount: '1.00' })));
        await bank.posted();
      }
      after = page.next;
    }
    expect(seen).toEqual(seen.map((_, index) => index + 1));
    expect(seen.length).toBe((await bank.account(id)).entries);
    await Promise.all([bank.close(), other.bank.close()]);
    await expectWhole(machine, {});
  });

  it('is refused for an account that is not there', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    await expect(bank.history('nobody').page()).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
    await bank.close();
    await expectWhole(machine, {});
  });
});

/** An account with 16 rows, one a minute, on pages of about four: three earlier ones, and its open page. */
async function shortPages(hook: Hook) {
  const machine = await Machine.withBank();
  const on = (disk: Disk) => hooked(disk, (step, go) => hook(step, go));
  const open = () => machine.open({ ...machine.host(on), pageRowsMax: 4, startPoster: noPoster });
  const bank = await open();
  machine.now = () => START;
  const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  for (let row = 2; row <= 16; row++) {
    machine.now = () => START + row * MINUTE;
    await bank.deposit(id, '1.00');
    if (row % 4 === 0) await bank.posted();
  }
  return { machine, bank, id, open };
}

const seqsOf = async (bank: Bank, id: string, options: HistoryOptions) =>
  (await read(bank, id, options)).map(({ seq }) => seq);

describe('a part of a long history', () => {
  // The newest of the earlier pages is looked at first: whether any is missing.
  it.each<[string, HistoryOptions, number[]]>([
    ['all of it', {}, [3, 1, 2, 3]],
    ['before a moment', { to: at(3) }, [3, 1, 2]],
    ['behind a moment', { from: at(14) }, [3, 2, 3, 3]],
    ['behind a row', { after: 12 }, [3, 2, 3, 3]],
    ['behind a moment, backwards', { from: at(14), reverse: true }, [3, 3, 2]],
  ])('is read from the pages that it may be on, and no others: %s', async (_, options, pages) => {
    let looks: number[] = [];
    const { machine, bank, id } = await shortPages((step, go) => {
      const page = /[.](\d+)[.]csv$/.exec(step.path)?.[1];
      if (step.name === 'read' && page !== undefined) looks.push(Number(page));
      return go();
    });
    looks = [];
    expect(await seqsOf(bank, id, options)).not.toEqual([]);
    expect(looks).toEqual(pages);
    await bank.close();
    await expectWhole(machine, { [id]: '15.00' });
  });
});

describe('a history that is read while somebody posts', () => {
  it('has every row once where a page was sealed and the open one does not follow it yet', async () => {
    let open = '';
    let reached = () => {};
    let goOn = () => {};
    const stopped = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const released = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const {
      machine,
      bank,
      id,
      open: openAnother,
    } = await shortPages(async (step, go) => {
      if (step.name === 'rename' && step.path === open) {
        reached();
        await released;
      }
      return go();
    });
    for (let row = 17; row <= 20; row++) await bank.deposit(id, '1.00');
    const reader = await openAnother();
    open = pagePath(machine.directory, id);
    const posting = bank.posted();
    await stopped;
    expect(rowsOn(machine.directory, id, 4).length).toBeGreaterThan(0);
    const wanted = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(await seqsOf(reader, id, { to: at(99) })).toEqual(wanted);
    expect(await seqsOf(reader, id, { from: at(0), reverse: true })).toEqual(wanted.reverse());
    goOn();
    await posting;
    await Promise.all([bank.close(), reader.close()]);
    await expectWhole(machine, { [id]: '19.00' });
  });

  it('has every row where its page is posted right behind the first look', async () => {
    let page = '';
    let post: (() => Promise<void>) | undefined;
    const { machine, bank, id, open } = await shortPages(async (step, go) => {
      const answer = await go();
      const isLook = step.path.endsWith(CHECKPOINT_FILE) || step.path === page;
      if (step.name !== 'read' || !isLook) return answer;
      const first = post;
      post = undefined;
      await first?.();
      return answer;
    });
    const reader = await open();
    await reader.balance(id);
    await bank.deposit(id, '1.00');
    await reader.balance(id);
    page = pagePath(machine.directory, id);
    post = () => bank.posted();
    expect(await seqsOf(reader, id, { after: 14 })).toEqual([15, 16, 17]);
    expect(post).toBeUndefined();
    await Promise.all([bank.close(), reader.close()]);
    await expectWhole(machine, { [id]: '16.00' });
  });
});

describe('the time of an entry', () => {
  it('never goes back, whatever the clock does, in this process or the next', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    machine.now = () => START + 60 * MINUTE;
    const { id } = await first.bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    machine.now = () => START;
    expect((await first.bank.deposit(id, '1.00')).bookedAt).toBe('2026-11-20T10:00:00.000Z');
    machine.kill(first);
    const second = await machine.start();
    expect((await second.bank.deposit(id, '1.00')).bookedAt).toBe('2026-11-20T10:00:00.000Z');
    await second.bank.close();
    const third = await machine.start();
    expect((await third.bank.deposit(id, '1.00')).bookedAt).toBe('2026-11-20T10:00:00.000Z');
    machine.now = () => START + 61 * MINUTE;
    expect((await third.bank.deposit(id, '1.00')).bookedAt).toBe('2026-11-20T10:01:00.000Z');
    await third.bank.close();
    await expectWhole(machine, { [id]: '4.00' });
  });
});
