import type { AccountInfo, AccountsOptions, Bank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { newBank, openAgain } from './new-bank.js';

const PEOPLE = [
  ['Ada', 'Lovelace', 'ada'],
  ['Bob', 'Smith', 'bob'],
  ['Carol', 'smithson', 'carol'],
  ['Dan', 'Smith', 'dan'],
  ['Émile', 'Zola', 'emile'],
  ['Ada', 'Zola', 'z-ada'],
  ['𝄞', '☃', 'odd'],
] as const;

async function withPeople(): Promise<Bank> {
  const bank = await newBank();
  for (const [firstName, lastName, id] of PEOPLE) {
    await bank.openAccount({ firstName, lastName, id, currency: id === 'odd' ? 'JPY' : 'USD' });
  }
  await bank.deposit('ada', '12.50');
  return bank;
}

async function ids(bank: Bank, options: AccountsOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const { id } of bank.accounts(options)) found.push(id);
  return found;
}

async function idsByPages(bank: Bank, options: AccountsOptions): Promise<string[]> {
  const found: string[] = [];
  let { after } = options;
  do {
    const page: { items: readonly AccountInfo[]; next: string | undefined } = await bank
      .accounts({ ...options, after })
      .page();
    found.push(...page.items.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return found;
}

const BY_ID = ['ada', 'bob', 'carol', 'dan', 'emile', 'odd', 'z-ada'];
const BY_NAME = ['ada', 'bob', 'dan', 'carol', 'z-ada', 'emile', 'odd'];

describe('the list of accounts', () => {
  it.each<[AccountsOptions, string[]]>([
    [{}, BY_ID],
    [{ sort: 'name' }, BY_NAME],
    [{ search: 'smith' }, ['bob', 'carol', 'dan']],
    [{ search: 'SMITH', sort: 'name' }, ['bob', 'dan', 'carol']],
    [{ search: 'ada zola' }, ['z-ada']],
    [{ search: '  zola   ADA ' }, ['z-ada']],
    [{ search: 'ada' }, ['ada', 'z-ada']],
    [{ search: 'é' }, ['emile']],
    [{ search: '☃' }, ['odd']],
    [{ search: 'world' }, []],
    [{ search: 'nobody' }, []],
    [{ search: '' }, BY_ID],
    [{ world: true, search: 'world' }, ['world-jpy', 'world-usd']],
    [{ limit: 2 }, ['ada', 'bob']],
    [{ after: 'carol' }, ['dan', 'emile', 'odd', 'z-ada']],
    [{ after: 'CAROL', limit: 1 }, ['dan']],
    [{ after: 'carl' }, ['carol', 'dan', 'emile', 'odd', 'z-ada']],
    [{ after: 'dan', sort: 'name' }, ['carol', 'z-ada', 'emile', 'odd']],
    [{ after: 'z-ada' }, []],
    [{ after: 'odd', sort: 'name' }, []],
  ])('with %o', async (options, found) => {
    const bank = await withPeople();
    expect(await ids(bank, options)).toEqual(found);
    const other = await openAgain(bank);
    expect(await ids(other, options)).toEqual(found);
  });

  it('is the same by pages of any size, in any order', async () => {
    const bank = await withPeople();
    for (const limit of [1, 2, 3, 7, 8]) {
      expect(await idsByPages(bank, { limit })).toEqual(BY_ID);
      expect(await idsByPages(bank, { limit, sort: 'name' })).toEqual(BY_NAME);
      expect(await idsByPages(bank, { limit, search: 'smith', sort: 'name' })).toEqual([
        'bob',
        'dan',
        'carol',
      ]);
    }
    const { items, next } = await bank.accounts().page();
    expect([items.length, next]).toEqual([7, undefined]);
  });

  it('says of each account what account() says', async () => {
    const bank = await withPeople();
    for await (const info of bank.accounts({ world: true })) {
      expect(info).toEqual(await bank.account(info.id));
      expect(Object.isFrozen(info)).toBe(true);
    }
    expect(await bank.account('world-usd')).toMatchObject({
      available: undefined,
      overdraftLimit: undefined,
      ledger: { amount: '-12.50' },
    });
    expect(await bank.account('odd')).toMatchObject({ currency: 'JPY', ledger: { amount: '0' } });
  });

  it('sees what another handle did, at its next call', async () => {
    const bank = await withPeople();
    const other = await openAgain(bank);
    expect(await ids(other, {})).toEqual(BY_ID);
    await bank.openAccount({ firstName: 'Fay', lastName: 'Late', id: 'fay' });
    await bank.deposit('fay', '3.00');
    expect(await ids(other, {})).toEqual([...BY_ID, 'fay'].sort());
    const [fay] = (await other.accounts({ search: 'fay' }).page()).items;
    expect(fay?.ledger.amount).toBe('3.00');
    await bank.posted();
    expect((await other.accounts({ search: 'fay' }).page()).items).toEqual([fay]);
  });

  it.each([{ sort: 'size' }, { search: 5 }])('refuses %o', async (options) => {
    const bank = await newBank();
    expect(() => bank.accounts(options as unknown as AccountsOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_TEXT' }),
    );
  });

  it.each([{ limit: 0 }, { limit: -1 }, { limit: 2.5 }, { after: '' }, { after: '../x' }])(
    'refuses %o',
    async (options) => {
      const bank = await withPeople();
      expect(() => bank.accounts(options)).toThrow(expect.objectContaining({ name: 'BankError' }));
    },
  );
});
