/**
 * The failure points of the first drovebank, each by the name of its test there, at the step of this
 * design that does the same. There a change counted from the moment in which the old file was moved
 * away; here it counts from the sync of the journal. Before it old, from it on new, on both accounts,
 * and nothing is left lying about.
 */
import { describe, expect, it } from 'vitest';
import { type Crash, crashesAt } from '#lib/testing/crashes.js';
import { ADA, BOB, type Operation } from './operations.js';
import { asText, BANK, balancesOf, expectPromises } from './oracle.js';
import { crashPointsOf, ready } from './scenario.js';
import { stepNameOf } from './steps.js';

/** Where it dies: before the first (or n-th) step of this name, or in the middle of it. */
interface Dies {
  readonly before: string;
  readonly count?: number;
  readonly how?: Crash['how'];
}

type Case = readonly [name: string, there: string, dies: Dies, outcome: 'old' | 'new'];

const LOCKED = { before: 'L4 = T1 rename the desk' };
const READ = { before: 'A1 = L6 write to the journal' };
const COMMITTED = { before: 'P3 stage a page' };
const POSTED = { before: 'P6 stage the checkpoint' };
const UNLOCKING = { before: 'P1 let go of the lock' };

/** A write of one account: lock, copy, write the copy, move the old away, move the new in, unlock. */
const WRITES: readonly Case[] = [
  ['test_recover_case0', 'right after the lock', LOCKED, 'old'],
  ['test_recover_case0', 'behind the last step, before the lock is gone', UNLOCKING, 'new'],
  ['test_recover_case1', 'when the account was copied', READ, 'old'],
  ['test_recover_case2', 'while the new line is written', { ...READ, how: 'torn' }, 'old'],
  [
    'test_recover_case2',
    'when the new line was written, and nothing made it durable',
    { before: 'A2 sync the journal', how: 'power cut' },
    'old',
  ],
  ['test_recover_case3', 'when the old file was moved away', COMMITTED, 'new'],
  ['test_recover_case4', 'when the new file was moved in', POSTED, 'new'],
];

/** A transfer: the same five steps, each for both accounts. */
const TRANSFERS: readonly Case[] = [
  ['test_recover_step0', 'right after both locks', LOCKED, 'old'],
  ['test_recover_step1', 'when both accounts were copied', READ, 'old'],
  ['test_recover_step2', 'when one of the old files was moved away', COMMITTED, 'new'],
  [
    'test_recover_step3',
    'when both old files were moved away',
    { before: 'P5 publish an open page' },
    'new',
  ],
  [
    'test_recover_step4',
    'when one of the new files was moved in',
    { before: 'P5 publish an open page', count: 2 },
    'new',
  ],
  ['test_recover_step5', 'when both new files were moved in', POSTED, 'new'],
  ['test_recover_step6', 'while the old files are deleted', UNLOCKING, 'new'],
];

const AMOUNT = 50_00n;
const DEPOSIT = operation('deposit', { key: 'k1', to: ADA, amount: AMOUNT });
const TRANSFER = operation('transfer', { key: 'k1', from: ADA, to: BOB, amount: AMOUNT });

function operation(name: string, one: Operation['asked'][number]): Operation {
  return {
    name,
    asked: [one],
    async work(process, told) {
      const bank = await told.open(process);
      await told.ask(bank, one);
      await told.close(bank);
    },
  };
}

/** What a kill and a power cut that takes all it can leave at that moment. */
async function crashes(operation: Operation, { before, count = 1, how }: Dies): Promise<Crash[]> {
  const [machine] = await ready(operation);
  const points = await crashPointsOf(machine, operation);
  const point = points.filter(({ step }) => step && stepNameOf(step) === before)[count - 1];
  if (!point) throw new Error(`there is no step ${before}`);
  const all = [...crashesAt(machine, point, { limit: 1, seen: new Set() })];
  return all.filter((crash) => (how ? crash.how === how : crash.how !== 'torn'));
}

async function expectOutcome(operation: Operation, dies: Dies, [ada, bob]: readonly string[]) {
  const [, before] = await ready(operation);
  const left = await crashes(operation, dies);
  expect(left.length).toBeGreaterThan(0);
  for (const { machine, answered, text } of left) {
    const process = machine.start();
    const balances = await machine.run(async () => {
      const bank = await process.openBank(BANK);
      const found = await balancesOf(bank);
      await bank.close();
      return found;
    });
    expect(
      [ADA, BOB].map((id) => asText(balances.get(id) ?? 0n)),
      text,
    ).toEqual([ada, bob]);
    process.kill();
    await expectPromises(machine, { before, asked: operation.asked, answered });
  }
}

describe('a write of one account that dies', () => {
  it.each(WRITES)('%s: %s', async (_, _there, dies, outcome) => {
    await expectOutcome(DEPOSIT, dies, [outcome === 'old' ? '100.00' : '150.00', '100.00']);
  });
});

describe('a transfer that dies', () => {
  it.each(TRANSFERS)('%s: %s', async (_, _there, dies, outcome) => {
    const both = outcome === 'old' ? ['100.00', '100.00'] : ['50.00', '150.00'];
    await expectOutcome(TRANSFER, dies, both);
  });
});

/** A machine with the bank, and the operation done to its end. */
async function done(operation: Operation) {
  const [machine] = await ready(operation);
  const process = machine.start();
  const history = await machine.run(async () => {
    const bank = await process.openBank(BANK);
    for (const { from, to = '', amount } of operation.asked) {
      if (from === undefined) await bank.deposit(to, asText(amount));
      else await bank.transfer({ from, to, amount: asText(amount) });
    }
    const rows = await Promise.all([ADA, BOB].map((id) => bank.history(id).page()));
    await bank.close();
    return rows.map(({ items }) => items);
  });
  return { machine, history };
}

describe('nothing dies', () => {
  it('test_atomicwrite: what was written is what is read', async () => {
    const { machine, history } = await done(DEPOSIT);
    expect(history[0]?.at(-1)).toMatchObject({ type: 'deposit', balance: { amount: '150.00' } });
    const page = [...machine.disk.tree()].find(([path]) => path.endsWith(`/${ADA}.csv`))?.[1];
    expect(page?.toString()).toMatch(/,deposit,\d+,world-usd,50\.00,,150\.00,/);
  });

  it('test_transfer_money: of 100 and 100, 50 moved, there are 50 and 150', async () => {
    const { history } = await done(TRANSFER);
    expect(history.map((rows) => rows.at(-1)?.balance.amount)).toEqual(['50.00', '150.00']);
  });

  it('recover_test_find_pairs: both halves of a transfer carry one number, and nothing else does', async () => {
    const { history } = await done(TRANSFER);
    const [ada, bob] = history.map((rows) => rows.map(({ transfer }) => transfer));
    expect(ada?.filter((number) => bob?.includes(number))).toEqual([ada?.at(-1)]);
    expect(new Set([...(ada ?? []), ...(bob ?? [])]).size).toBe(5);
  });

  it('test_idgenerator, test_make_tmp_filenames: no name is ever given out twice', async () => {
    const [machine] = await ready(DEPOSIT);
    const names: string[] = [];
    for (let day = 0; day < 3; day++) {
      const points = await crashPointsOf(machine, {
        ...DEPOSIT,
        asked: [],
        async work(process, told) {
          const bank = await told.open(process);
          await bank.deposit(ADA, '1.00');
          await told.close(bank);
        },
      });
      const made = points.flatMap(({ step }) => (step?.name === 'create' ? [step.path] : []));
      expect(made.length).toBeGreaterThan(0);
      names.push(...made);
    }
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /\/[a-z]+-\d+(-\d+)?$/.test(name))).toBe(true);
  });

  it('test_lock_file: who comes second waits until the first has let go', async () => {
    const [machine] = await ready(TRANSFER);
    const [first, second] = [machine.start(), machine.start()];
    const order: string[] = [];
    await machine.run(async () => {
      const here = await first.openBank(BANK);
      const there = await second.openBank(BANK);
      await here.deposit(ADA, '1.00');
      // Asked in one go: the first holds the bank and answers its own, the second comes behind.
      await Promise.all([
        here.deposit(ADA, '2.00').then(() => order.push('first')),
        there.deposit(ADA, '3.00').then(() => order.push('second')),
      ]);
      await Promise.all([here.close(), there.close()]);
    });
    expect(order).toEqual(['first', 'second']);
  });
});
