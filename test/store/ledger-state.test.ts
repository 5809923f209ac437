import { describe, expect, it } from 'vitest';
import { givenAccountId, parseAccountId } from '#lib/ledger/account-id.js';
import type { Entry } from '#lib/ledger/entry.js';
import { readCheckpoint } from '#lib/store/checkpoint.js';
import { LedgerState } from '#lib/store/ledger-state.js';
import { ACCOUNTS_CACHED_MAX } from '#lib/store/limits.js';
import { Passbooks } from '#lib/store/passbooks.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { Machine, type PlayedProcess } from '../machine/processes.js';
import { expectClean, fund } from './books.js';

async function stateOf({ files }: PlayedProcess, atPage?: () => void): Promise<LedgerState> {
  const { disk, directory, manifest, digitsOf } = files;
  const watched = hooked(disk, async (step, go) => {
    const answer = await go();
    if (step.name === 'read' && step.path.includes('/accounts/')) atPage?.();
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
    const state = await stateOf(process, () => state.posted(transfer));
    for await (const { entries } of process.files.log.read(
      before.position,
      head ?? before.position,
    )) {
      for (const entry of entries) state.apply(entry);
    }
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
});

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
  };
}
