import { describe, expect, it } from 'vitest';
import { encodeEntry } from '#lib/format/journal-row.js';
import { type AccountId, givenAccountId, parseAccountId, worldId } from '#lib/ledger/account-id.js';
import type { Entry } from '#lib/ledger/entry.js';
import { readCheckpoint } from '#lib/store/checkpoint.js';
import { JOURNAL_START } from '#lib/store/journal.js';
import { LedgerState } from '#lib/store/ledger-state.js';
import { ACCOUNTS_CACHED_MAX } from '#lib/store/limits.js';
import { Passbooks } from '#lib/store/passbooks.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { Machine, type PlayedProcess } from '../machine/processes.js';
import { expectClean, fund } from './books.js';

async function stateOf(
  { files }: PlayedProcess,
  atPage?: () => Promise<void>,
): Promise<LedgerState> {
  const { disk, directory, manifest, digitsOf } = files;
  const watched = hooked(disk, async (step, go) => {
    const answer = await go();
    if (step.name === 'read' && step.path.includes('/accounts/')) await atPage?.();
    return answer;
  });
  const passbooks = new Passbooks(watched, directory, digitsOf);
  const checkpoint = await readCheckpoint(disk, directory);
  return new LedgerState(manifest, passbooks, checkpoint, { has: async () => false });
}

describe('the accounts in memory', () => {
  it('miss no entry that is posted between the reading of a page and the end of it', async () => {
    const machine = await Machine.withBank();
    const process = await machine.start();
    const ada = parseAccountId((await fund(process))[0]);
    await process.bank.posted();
    const before = await readCheckpoint(process.files.disk, machine.directory);
    const { transfer } = await process.bank.deposit(ada, '5.00');
    const head = await process.files.log.head();
    const state = await stateOf(process, async () => {
      await process.bank.posted();
      state.posted(transfer);
    });
    const end = head ?? before.position;
    for await (const batch of process.files.log.read(before.position, end)) state.follow(batch, 0);
    await state.load([ada]);
    expect(state.account(ada)).toMatchObject({ balance: 105_00n, seq: 3 });
    await expectClean(process.bank);
    await process.bank.close();
  });

  it('stay until a batch has ended, however many there are, and are then read again', async () => {
    const machine = await Machine.withBank();
    const process = await machine.start();
    const wanted = (await fund(process)).map(parseAccountId);
    await process.bank.posted();
    const state = await stateOf(process);
    await state.load(wanted);
    for (let number = 0; number < ACCOUNTS_CACHED_MAX; number++) state.apply(opening(number));
    state.posted(Number.MAX_SAFE_INTEGER);
    for (const id of wanted) expect(state.account(id)?.balance).toBe(100_00n);
    state.endBatch();
    for (const id of wanted) expect(state.account(id)).toBeUndefined();
    await state.load(wanted);
    for (const id of wanted) expect(state.account(id)?.balance).toBe(100_00n);
    await expectClean(process.bank);
    await process.bank.close();
  });

  it('stay as they are when an entry comes that their page has already', async () => {
    const { state, ada, close } = await posted();
    await state.load([ada]);
    follow(state, depositTo(ada, 2));
    expect(state.account(ada)).toMatchObject({ balance: 100_00n, seq: 2 });
    state.apply({ ...opening(0), bookedAt: '2100-01-01T00:00:00.000Z' });
    const { bookedAt } = state;
    follow(state, { ...depositTo(ada, 2), bookedAt: '2026-01-01T00:00:00.000Z' }, 102);
    expect(state.bookedAt).toBe(bookedAt);
    follow(state, depositTo(ada, 3));
    expect(state.account(ada)).toMatchObject({ balance: 101_00n, seq: 3 });
    await close();
  });

  it('are damaged where an entry does not go on from the row before, known or not yet', async () => {
    const { state, ada, bob, close } = await posted();
    await state.load([ada]);
    const what = 'it ends at row 2, and the journal goes on with row 4';
    const damage = { code: 'BANK_DAMAGED', details: expect.objectContaining({ what }) };
    expect(() => follow(state, depositTo(ada, 4))).toThrow(expect.objectContaining(damage));
    follow(state, depositTo(bob, 4)); // Nobody has asked for it.
    await expect(state.load([bob])).rejects.toMatchObject(damage);
    await close();
  });

  it('need no entry any more that is posted: none is kept', async () => {
    const { state, ada, close } = await posted();
    // It would not go on from the page, and nobody looks at it.
    const entry = depositTo(ada, 4);
    follow(state, entry);
    state.posted(entry.transfer);
    await state.load([ada]);
    expect(state.account(ada)).toMatchObject({ seq: 2 });
    await close();
  });
});

/** Two accounts with two rows each on their pages, and a state that knows neither of them yet. */
async function posted() {
  const machine = await Machine.withBank();
  const process = await machine.start();
  const [ada, bob] = await fund(process);
  await process.bank.posted();
  const state = await stateOf(process);
  const close = () => process.bank.close();
  return { state, ada: parseAccountId(ada), bob: parseAccountId(bob), close };
}

/** Follows a batch of one entry, behind the entry `known`. */
function follow(state: LedgerState, entry: Entry, known = 0): void {
  const lines = Buffer.from(encodeEntry(entry, 2));
  const position = { ...JOURNAL_START, transfer: entry.transfer };
  state.follow({ entries: [entry], lines, count: 1, epoch: 1, position }, known);
}

/** The entry behind row `seq` of an account that has 99.00 more than rows. */
function depositTo(account: AccountId, seq: number): Entry {
  const credit = { account, seq, balance: BigInt(98 + seq) * 100n };
  const debit = { account: worldId('USD'), seq, balance: -credit.balance };
  return { ...opening(0), type: 'deposit', transfer: 100 + seq, amount: 100n, debit, credit };
}

/** An entry that opens an account which nobody asks for. */
function opening(number: number): Entry {
  return {
    type: 'open',
    transfer: 10 + number,
    bookedAt: '2099-01-01T00:00:00.000Z',
    currency: 'USD',
    amount: 0n,
    debit: undefined,
    credit: { account: givenAccountId(10_000 + number), seq: 1, balance: 0n },
    firstName: 'A',
    lastName: 'B',
    limit: 0n,
    memo: '',
    reference: '',
    valueDate: '',
    key: '',
    details: undefined,
  };
}
