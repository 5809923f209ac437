/** What a bank does, each thing alone: the crash suite cuts every one of them at every step. */
import type { Bank } from '#lib/bank/api.js';
import { openOrInitAt } from '#lib/bank/open-bank.js';
import type { Operation as BankOperation } from '#lib/bank/operations.js';
import type { Disk } from '#lib/disk/disk.js';
import { accountFolder } from '#lib/format/account-path.js';
import { importFiles } from '#lib/interchange/import-files.js';
import { givenAccountId } from '#lib/ledger/account-id.js';
import { recoverBank } from '#lib/store/recover.js';
import type { FailedSync } from '#lib/testing/simulated-disk.js';
import type { SimulatedMachine, SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { failSyncs, gateAt } from './faults.js';
import { type Asked, asText, BANK } from './oracle.js';

/** Who has an account when an operation begins: each has 100.00 but for `cat`, who has nothing. */
export const [ADA, BOB, CAT] = ['a10017', 'a10025', 'a10033'] as const;

export interface Operation {
  readonly name: string;
  /** There is no bank yet. */
  readonly nothing?: boolean;
  /** Done before, by a process that then goes; everything is durable behind it. */
  readonly before?: (bank: Bank) => Promise<void>;
  /** Done before in a process that is killed then. What it asked for, and was answered. */
  readonly killed?: readonly Asked[];
  /** The last thing that the killed process asked for, whose sync failed like this. */
  readonly failed?: { readonly asked: Asked; readonly how: FailedSync };
  /** Bytes behind which a segment is followed by another one. */
  readonly segmentBytesMax?: number;
  /** Bytes behind which a writer makes room ahead. */
  readonly roomAfterBytes?: number;
  /** It has many accounts: fewer power cuts are tried at each moment. */
  readonly many?: boolean;
  /** The bank may be stopped by it: then it is recovered before anything else. */
  readonly stops?: boolean;
  readonly asked: readonly Asked[];
  readonly work: (process: SimulatedProcess, told: Told) => Promise<void>;
  /** Asks for all of it again; one by one, if absent. */
  readonly again?: (bank: Bank) => Promise<void>;
}

/** Through which an operation acts, so that others may listen. */
export interface Told {
  readonly machine: SimulatedMachine;
  /** Another process on the machine. `alter` may put something between it and its disk. */
  start(alter?: (disk: Disk) => Disk): SimulatedProcess;
  open(process: SimulatedProcess, open?: () => Promise<Bank>): Promise<Bank>;
  /** Asks for it, and tells what came of it. */
  ask(bank: Bank, one: Asked): Promise<void>;
  /** Does something that is the answer to all of `asked`. */
  attempt(asked: readonly Asked[], work: () => Promise<unknown>): Promise<void>;
  close(bank: Bank): Promise<void>;
}

const deposit = (to: string, cents: number, key = 'k1'): Asked => ({
  key,
  to,
  amount: BigInt(cents),
});
const withdraw = (from: string, cents: number, key = 'k1'): Asked => ({
  key,
  from,
  amount: BigInt(cents),
});
const transfer = (from: string, to: string, cents: number, key = 'k1'): Asked => ({
  key,
  from,
  to,
  amount: BigInt(cents),
});

/** An open bank, these requests one after the other, and a clean leave. */
function oneByOne(asked: readonly Asked[]): Operation['work'] {
  return async (process, told) => {
    const bank = await told.open(process);
    for (const one of asked) await told.ask(bank, one);
    await told.close(bank);
  };
}

function plain(name: string, asked: readonly Asked[], more: Partial<Operation> = {}): Operation {
  return { name, asked, work: oneByOne(asked), ...more };
}

const many = (asked: readonly Asked[], atomic: boolean): Operation['work'] => {
  return async (process, told) => {
    const bank = await told.open(process);
    const inputs = asked.map(({ from, to, amount, key }) => ({
      from,
      to,
      amount: asText(amount),
      idempotencyKey: key,
    }));
    await told.attempt(asked, () => bank.transferMany(inputs, { atomic }));
    await told.close(bank);
  };
};

const MANY = [transfer(ADA, BOB, 1_00, 'k1'), deposit(CAT, 5_00, 'k2'), withdraw(BOB, 2_00, 'k3')];
const GROUP = MANY.map((one) => ({ ...one, group: 'the set' }));
/** More than a page holds: the page turns. */
const PAGE_ROWS = 64;
const CROWD = 30;

/** The opening and the first deposit stand there already: this fills each page to its last row. */
async function fillPage(bank: Bank, ids: readonly string[]): Promise<void> {
  const rows = Array.from({ length: PAGE_ROWS - 2 }, () =>
    ids.map((to) => ({ to, amount: '0.01' })),
  );
  await bank.transferMany(rows.flat());
}

/** Accounts whose passbooks lie in the same folder: the first in that of `ada`, two in a new one. */
const [NEXT_TO_ADA, TWIN, OTHER_TWIN] = ['n68572', 'p372', 'p434'] as const;
if (accountFolder(NEXT_TO_ADA) !== accountFolder(ADA)) throw new Error('not next to ada');
if (accountFolder(TWIN) !== accountFolder(OTHER_TWIN)) throw new Error('no twins');

const open = (to: string, key: string): Asked => ({ key, to, amount: 0n, opens: 'Dora' });

const file = (name: string, text: string) => ({ file: name, bytes: Buffer.from(text) });
const IMPORTED = [
  file(
    'accounts.csv',
    `account,opened,first_name,last_name,currency,overdraft_limit
c1,2026-01-01,Carl,Orff,USD,0.00
c2,2026-01-02,Clara,Schumann,USD,50.00
`,
  ),
  file(
    'transactions.csv',
    `id,date,account,direction,amount
1,2026-01-03,c1,in,100.00
2,2026-01-04,c2,out,49.99
3,2026-01-05,c1,out,0.01
`,
  ),
];

async function importAll(bank: Bank): Promise<void> {
  const { accounts, transactions, stopped } = await importFiles(bank, IMPORTED);
  if (stopped) throw stopped.error;
  const done = [accounts, transactions].map(({ booked, skipped }) => booked + skipped);
  if (done.join() !== '2,3') throw new Error(`imported ${done}`);
}

/** After so long a process that answered something posts in a thread of its own. */
const THREAD_POSTS_MS = 2_000;
/** The way that is hardest to survive always, the others where there is time. */
const FAILED_SYNCS: readonly FailedSync[] = process.env.CI
  ? ['forgotten', 'dirty', 'reverted', 'late']
  : ['forgotten'];
/** What was under way when a sync failed. */
const FAILED = transfer(BOB, CAT, 4_00, 'failed');

/** One account changes alone. */
const change = (does: BankOperation, on: string, key: string): Asked => ({
  ...{ key, amount: 0n, does, on },
});
/** The hold of 20.00 that Ada has when an operation of these begins. */
const HOLD = `${ADA}.6`;
const holdAda = async (bank: Bank) => {
  const { hold } = await bank.hold(ADA, '20.00');
  if (hold !== HOLD) throw new Error(`the hold is ${hold}`);
};
const FIRST_DEPOSIT = 4;
/** Cat has nothing, and gives nothing. */
const charge = async (bank: Bank) => {
  await bank.chargeFee({ amount: '1.00', period: '2026-11', upTo: true });
};
/** The month in which the simulated machine runs. */
const DUE = '2023-11';

const LIFE: readonly Operation[] = [
  plain('hold', [change({ op: 'hold', id: ADA, amount: '20.00' }, ADA, 'k1')]),
  plain(
    'capture of a part, and the rest is kept',
    [
      {
        ...transfer(ADA, BOB, 5_00, 'k1'),
        does: { op: 'capture', hold: HOLD, amount: '5.00', to: BOB, keepRest: true },
      },
    ],
    { before: holdAda },
  ),
  plain('release', [change({ op: 'release', hold: HOLD }, ADA, 'k1')], { before: holdAda }),
  plain('capture of all', [{ ...withdraw(ADA, 20_00), does: { op: 'capture', hold: HOLD } }], {
    before: holdAda,
  }),
  {
    name: 'a hold that is over when the next one comes',
    asked: [change({ op: 'hold', id: ADA, amount: '90.00' }, ADA, 'k1')],
    before: async (bank) => {
      await bank.hold(ADA, '20.00', { ttlSeconds: 1 });
    },
    async work(process, told) {
      await process.host.system.pause(THREAD_POSTS_MS).done;
      await oneByOne(this.asked)(process, told);
    },
  },
  plain('reversal', [
    { ...withdraw(ADA, 100_00), does: { op: 'reverse', transfer: FIRST_DEPOSIT } },
  ]),
  plain('the life of an account', [
    change({ op: 'freeze', id: CAT, refuse: 'all' }, CAT, 'k1'),
    change({ op: 'unfreeze', id: CAT }, CAT, 'k2'),
    change({ op: 'rename', id: CAT, firstName: 'Augusta', lastName: 'King' }, CAT, 'k3'),
    change({ op: 'limit', id: ADA, overdraftLimit: '5.00', dayLimit: '50.00' }, ADA, 'k4'),
    withdraw(ADA, 40_00, 'k5'),
  ]),
  plain('closing with what is left', [
    { ...transfer(BOB, ADA, 100_00), does: { op: 'close', id: BOB, sweepTo: ADA } },
  ]),
  plain('closing and reopening', [
    change({ op: 'close', id: CAT }, CAT, 'k1'),
    change({ op: 'reopen', id: CAT }, CAT, 'k2'),
  ]),
  plain('page turn with a hold, a limit and another name', [transfer(ADA, BOB, 1_00)], {
    before: async (bank) => {
      await fillPage(bank, [ADA]);
      await bank.limit(ADA, { transferLimit: '50.00', dayLimit: '60.00' });
      await bank.rename(ADA, { firstName: 'Augusta' });
      await bank.hold(ADA, '20.00', { ttlSeconds: 86_400 });
    },
  }),
];

function failedSync(how: FailedSync): Operation {
  const asked = [deposit(ADA, 2_00, 'k1'), FAILED, deposit(ADA, 1_00, 'k3')];
  return {
    name: `a sync that fails (${how}) and stops the bank`,
    asked,
    stops: true,
    async work(_, told) {
      const fault = failSyncs(told.machine.disk, how);
      const bank = await told.open(told.start(fault.on));
      for (const one of asked) {
        if (one === FAILED) fault.arm();
        await told.ask(bank, one);
      }
      await told.close(bank);
    },
  };
}

function recovering(how: FailedSync): Operation {
  return {
    name: `drovebank-recover after a sync that failed (${how})`,
    killed: [transfer(ADA, CAT, 3_00, 'k0')],
    failed: { asked: FAILED, how },
    stops: true,
    asked: [FAILED],
    async work(process, told) {
      await told.attempt([], () => recoverBank(process.host, BANK, { apply: true }));
      const bank = await told.open(process);
      await told.ask(bank, FAILED);
      await told.close(bank);
    },
  };
}

export const OPERATIONS: readonly Operation[] = [
  plain('deposit', [deposit(ADA, 12_34)]),
  plain('withdrawal', [withdraw(ADA, 12_34)]),
  plain('transfer', [transfer(ADA, BOB, 12_34)]),
  plain('transfers, one after the other', [
    transfer(ADA, BOB, 1_00, 'k1'),
    transfer(BOB, CAT, 2_00, 'k2'),
    transfer(CAT, ADA, 1_00, 'k3'),
  ]),
  plain('refused withdrawal', [
    { ...withdraw(CAT, 1_00), refused: true },
    { ...transfer(CAT, ADA, 1_00, 'k2'), refused: true },
  ]),
  plain('opening an account', [open('a10041', 'k1')]),
  plain('opening an account and using it', [
    open('a10041', 'k1'),
    transfer(ADA, 'a10041', 1_00, 'k2'),
  ]),
  {
    name: 'opening accounts, each posted: runs of the index are joined',
    asked: [open('a10041', 'k1'), open('a10058', 'k2')],
    async work(process, told) {
      const bank = await told.open(process);
      for (const one of this.asked) {
        await told.ask(bank, one);
        await told.attempt([], () => bank.posted());
      }
      await told.close(bank);
    },
  },
  {
    name: 'making the indexes anew',
    asked: [],
    work: (process, told) =>
      told.attempt([], () => recoverBank(process.host, BANK, { rebuildIndex: true })),
  },
  { name: 'transferMany', asked: MANY, work: many(MANY, false) },
  { name: 'transferMany, all or none', asked: GROUP, work: many(GROUP, true) },
  {
    name: 'opening a bank and looking',
    asked: [],
    async work(process, told) {
      const bank = await told.open(process);
      await told.attempt([], () => bank.balance(ADA));
      await told.attempt([], () => bank.totals());
      await told.close(bank);
    },
  },
  plain('page turn', [transfer(ADA, BOB, 1_00)], {
    before: (bank) => fillPage(bank, [ADA]),
  }),
  plain('page turn of two accounts at once', [transfer(ADA, BOB, 1_00)], {
    before: (bank) => fillPage(bank, [ADA, BOB]),
  }),
  plain(
    'segment turn',
    [transfer(ADA, BOB, 1_00, 'k1'), transfer(BOB, CAT, 2_00, 'k2'), deposit(CAT, 1_00, 'k3')],
    { segmentBytesMax: 2_000 },
  ),
  plain(
    'room made ahead',
    [transfer(ADA, BOB, 1_00, 'k1'), transfer(BOB, CAT, 2_00, 'k2'), deposit(CAT, 1_00, 'k3')],
    { roomAfterBytes: 0 },
  ),
  plain('take-over from somebody killed', [transfer(ADA, BOB, 1_00, 'k2')], {
    killed: [transfer(ADA, CAT, 3_00, 'k0')],
  }),
  {
    name: 'posting for somebody killed',
    killed: [transfer(ADA, CAT, 3_00, 'k0')],
    asked: [],
    async work(process, told) {
      const bank = await told.open(process);
      await told.attempt([], () => bank.posted());
      await told.close(bank);
    },
  },
  {
    name: 'posting many accounts at once',
    many: true,
    asked: Array.from({ length: CROWD }, (_, index) =>
      deposit(givenAccountId(1004 + index), 1_00, `k${index}`),
    ),
    async before(bank) {
      for (let index = 0; index < CROWD; index++) {
        await bank.openAccount({ firstName: `No${index}`, lastName: 'Crowd' });
      }
    },
    async work(process, told) {
      await many(this.asked, false)(process, told);
    },
  },
  {
    name: 'handing over between two processes',
    asked: [
      transfer(ADA, BOB, 1_00, 'k1'),
      transfer(BOB, CAT, 2_00, 'k2'),
      deposit(ADA, 1_00, 'k3'),
    ],
    async work(process, told) {
      const [first, second, third] = this.asked as [Asked, Asked, Asked];
      const here = await told.open(process);
      await told.ask(here, first);
      const there = await told.open(told.start());
      await told.ask(there, second);
      await told.ask(here, third);
      await Promise.all([told.close(here), told.close(there)]);
    },
  },
  {
    name: 'making a bank',
    nothing: true,
    asked: [],
    work: (process, told) => told.attempt([], () => process.initBank(BANK)),
  },
  {
    name: 'opening a bank that is not there yet',
    nothing: true,
    asked: [open('eve', 'k1'), deposit('eve', 5_00, 'k2')],
    async work(process, told) {
      const bank = await told.open(process, () => openOrInitAt(process.host, BANK, {}));
      for (const one of this.asked) await told.ask(bank, one);
      await told.close(bank);
    },
  },
  plain('opening an account next to another', [
    open(NEXT_TO_ADA, 'k1'),
    transfer(ADA, NEXT_TO_ADA, 1_00, 'k2'),
  ]),
  plain('opening two accounts in one new folder', [open(TWIN, 'k1'), open(OTHER_TWIN, 'k2')]),
  {
    name: 'importing',
    asked: [
      { key: 'import:account:c1', to: 'c1', amount: 0n, opens: 'Carl' },
      { key: 'import:account:c2', to: 'c2', amount: 0n, opens: 'Clara' },
      deposit('c1', 100_00, 'import:transaction:1'),
      withdraw('c2', 49_99, 'import:transaction:2'),
      withdraw('c1', 1, 'import:transaction:3'),
    ],
    again: importAll,
    async work(process, told) {
      const bank = await told.open(process);
      await told.attempt(this.asked, () => importAll(bank));
      await told.close(bank);
    },
  },
  {
    name: 'charging a fee',
    asked: [ADA, BOB].map((id) => withdraw(id, 1_00, `fee/2026-11/${id}`)),
    again: charge,
    async work(process, told) {
      const bank = await told.open(process);
      await told.attempt(this.asked, () => charge(bank));
      await told.close(bank);
    },
  },
  {
    name: 'running standing orders that are due',
    asked: ['13', '14'].map((day) => transfer(ADA, BOB, 5_00, `standing-order/1/${DUE}-${day}`)),
    async before(bank) {
      const order = { from: ADA, to: BOB, amount: '5.00', every: 'day' };
      await bank.addStandingOrder({ ...order, start: `${DUE}-13`, end: `${DUE}-14` });
    },
    again: async (bank) => void (await bank.runDue()),
    async work(process, told) {
      const bank = await told.open(process);
      await told.attempt(this.asked, () => bank.runDue());
      await told.close(bank);
    },
  },
  {
    name: 'taking over from somebody who is stopped, and goes on',
    asked: [
      deposit(ADA, 1_00, 'k1'),
      transfer(ADA, BOB, 2_00, 'k2'),
      transfer(BOB, CAT, 3_00, 'k3'),
    ],
    async work(process, told) {
      const [first, second, third] = this.asked as [Asked, Asked, Asked];
      const gate = gateAt(({ name, path }) => name === 'sync' && path.includes('/journal/'));
      const sleeper = told.start(gate.on);
      const there = await told.open(sleeper);
      await told.ask(there, first);
      gate.shut();
      const late = told.ask(there, second);
      await Promise.race([gate.reached, late]);
      sleeper.stop();
      let here: Bank;
      try {
        here = await told.open(process);
        await told.ask(here, third);
      } finally {
        sleeper.resume();
        gate.open();
      }
      await late;
      await Promise.all([told.close(here), told.close(there)]);
    },
  },
  {
    name: 'posting that is asked of another process',
    asked: [deposit(BOB, 1_00, 'k1'), transfer(ADA, CAT, 2_00, 'k2')],
    async work(process, told) {
      const [first, second] = this.asked as [Asked, Asked];
      const there = await told.open(told.start());
      await told.ask(there, first);
      await process.host.system.pause(THREAD_POSTS_MS).done;
      const here = await told.open(process);
      await told.ask(here, second);
      await told.attempt([], () => here.posted([ADA]));
      await told.close(here);
      await told.close(there);
    },
  },
  ...LIFE,
  ...FAILED_SYNCS.flatMap((how) => [failedSync(how), recovering(how)]),
];
