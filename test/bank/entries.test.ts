import type { Bank, EntriesOptions, HistoryOptions } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { newBank, openFunded } from './new-bank.js';

/** A bank with entries of several kinds: numbers 5 to 11. */
async function lively() {
  const bank = await newBank();
  const [a = '', b = ''] = await openFunded(bank, '100.00', '50.00');
  await bank.transfer({ from: a, to: b, amount: '7.50', memo: 'Lunch, Ünter', reference: 'inv-7' });
  await bank.transfer({
    from: b,
    to: a,
    amount: '7.5',
    reference: 'inv-70',
    metadata: { order: 'X-1' },
  });
  await bank.deposit(a, '20.00', { memo: 'birthday', idempotencyKey: 'gift-1' });
  await bank.hold(b, '3.00', { memo: 'lunch hold' });
  await bank.reverse(5);
  const jpy = await bank.openAccount({ id: 'jun', firstName: 'J', lastName: 'J', currency: 'JPY' });
  await bank.deposit(jpy.id, '20');
  return { bank, a, b };
}

async function numbers(bank: Bank, options: EntriesOptions): Promise<number[]> {
  const found: number[] = [];
  for await (const { transfer } of bank.entries(options)) found.push(transfer);
  const paged: number[] = [];
  for (let after = options.after; ; ) {
    const { items, next } = await bank.entries({ ...options, after, limit: 2 }).page();
    paged.push(...items.map(({ transfer }) => transfer));
    if (next === undefined) break;
    after = next;
  }
  expect(paged).toEqual(found);
  return found;
}

describe('A search among all entries', () => {
  it.each<[string, EntriesOptions, number[]]>([
    ['for everything', {}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    ['behind one', { after: 8 }, [9, 10, 11]],
    ['for a word, whatever its letters', { search: 'LUNCH' }, [5, 8]],
    ['for two words', { search: 'lunch ünter' }, [5]],
    ['for a part of a reference', { search: 'inv-7' }, [5, 6]],
    ['for a reference', { reference: 'inv-7' }, [5]],
    ['for a key', { search: 'gift' }, [7]],
    ['for metadata', { search: 'x-1' }, [6]],
    ['for a kind', { type: 'transfer' }, [5, 6]],
    ['for holds', { type: 'hold' }, [8]],
    ['for an amount, whatever decimals it is told with', { min: '7.5', max: '7.50' }, [5, 6, 9]],
    ['for at least so much', { min: '20', type: 'deposit' }, [3, 4, 7, 11]],
    ['for at most nothing', { max: 0n }, [1, 2, 8, 10]],
    ['for more than there is', { min: '1000' }, []],
    ['before there was a bank', { to: '2000-01-01' }, []],
    ['from the future on', { from: '2999-01-01' }, []],
  ])('%s', async (_, options, found) => {
    const { bank } = await lively();
    expect(await numbers(bank, options)).toEqual(found);
    await bank.posted();
    expect(await numbers(bank, options)).toEqual(found);
  });

  it('tells both sides, and all that was said', async () => {
    const { bank, a, b } = await lively();
    const { items } = await bank.entries({ reference: 'inv-70' }).page();
    expect(items).toMatchObject([
      {
        ...{ transfer: 6, type: 'transfer', from: b, to: a, memo: '', reference: 'inv-70' },
        amount: { amount: '7.50', currency: 'USD' },
        details: { meta: { order: 'X-1' } },
      },
    ]);
    expect(await numbers(bank, { counterparty: b })).toEqual([2, 4, 5, 6, 8, 9]);
    expect(await numbers(bank, { counterparty: 'jun' })).toEqual([10, 11]);
  });

  it('among the rows of one account', async () => {
    const { bank, a, b } = await lively();
    const rows = async (options: HistoryOptions) => {
      const { items } = await bank.history(a, options).page();
      return items.map(({ transfer }) => transfer);
    };
    expect(await rows({ counterparty: b })).toEqual([5, 6, 9]);
    expect(await rows({ counterparty: b, search: 'lunch', reverse: true })).toEqual([5]);
    expect(await rows({ min: '10', limit: 1 })).toEqual([3]);
    expect(await rows({ type: 'reverse' })).toEqual([9]);
  });

  it('is refused where it makes no sense', async () => {
    const bank = await newBank();
    const { page } = bank.entries();
    expect((await page()).items).toEqual([]);
    const odd: [object, string][] = [
      [{ type: 'theft' }, 'INVALID_TEXT'],
      [{ search: 7 }, 'INVALID_TEXT'],
      [{ min: 5 }, 'INVALID_AMOUNT'],
      [{ counterparty: 'no such id!' }, 'INVALID_ID'],
      [{ from: 'soon' }, 'INVALID_TIME'],
      [{ after: -1 }, 'INVALID_AMOUNT'],
    ];
    for (const [options, code] of odd) {
      expect(() => bank.entries(options)).toThrow(expect.objectContaining({ code }));
    }
  });

  it('tells no side that gave anything where an account was opened', async () => {
    const { bank } = await lively();
    const { items } = await bank.entries({ type: 'open' }).page();
    expect(items.map(({ from, to }) => [from, to])).toEqual([
      [undefined, 'a10017'],
      [undefined, 'a10025'],
      [undefined, 'jun'],
    ]);
    await bank.close();
  });
});
