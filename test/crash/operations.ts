/** What a bank does, each thing alone: the crash suite cuts every one of them at every step. */
import type { Bank } from '#lib/bank/api.js';
import { givenAccountId } from '#lib/ledger/account-id.js';
import type { SimulatedMachine, SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { type Asked, ask, asText, BANK } from './oracle.js';

/** Who has an account when an operation begins: each has 100.00 but for `cat`, who has nothing. */
export const [ADA, BOB, CAT] = ['a10017', 'a10025', 'a10033'] as const;

export interface Operation {
  readonly name: string;
  /** Done before, by a process that then goes; everything is durable behind it. */
  readonly before?: (bank: Bank) => Promise<void>;
  /** Done before in a process that is killed then. What it asked for, and was answered. */
  readonly killed?: readonly Asked[];
  /** Bytes behind which a segment is followed by another one. */
  readonly segmentBytesMax?: number;
  /** It has many accounts: fewer power cuts are tried at each moment. */
  readonly many?: boolean;
  readonly asked: readonly Asked[];
  readonly work: (process: SimulatedProcess, told: Told) => Promise<void>;
}

export interface Told {
  readonly machine: SimulatedMachine;
  answered(key: string): void;
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
  return async (process, { answered }) => {
    const bank = await process.openBank(BANK);
    for (const one of asked) {
      if (one.refused) await ask(bank, one).catch(() => {});
      else await ask(bank, one);
      answered(one.key);
    }
    await bank.close();
  };
}

function plain(name: string, asked: readonly Asked[], more: Partial<Operation> = {}): Operation {
  return { name, asked, work: oneByOne(asked), ...more };
}

const many = (asked: readonly Asked[], atomic: boolean): Operation['work'] => {
  return async (process, { answered }) => {
    const bank = await process.openBank(BANK);
    const inputs = asked.map(({ from, to, amount, key }) => ({
      from,
      to,
      amount: asText(amount),
      idempotencyKey: key,
    }));
    await bank.transferMany(inputs, { atomic });
    for (const { key } of asked) answered(key);
    await bank.close();
  };
};

const MANY = [transfer(ADA, BOB, 1_00, 'k1'), deposit(CAT, 5_00, 'k2'), withdraw(BOB, 2_00, 'k3')];
const GROUP = MANY.map((one) => ({ ...one, group: 'the set' }));
/** More than a page holds: the page turns. */
const PAGE_ROWS = 64;
const CROWD = 30;

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
  plain('opening an account', [{ key: 'k1', to: 'a10041', amount: 0n, opens: 'Dora' }]),
  plain('opening an account and using it', [
    { key: 'k1', to: 'a10041', amount: 0n, opens: 'Dora' },
    transfer(ADA, 'a10041', 1_00, 'k2'),
  ]),
  { name: 'transferMany', asked: MANY, work: many(MANY, false) },
  { name: 'transferMany, all or none', asked: GROUP, work: many(GROUP, true) },
  {
    name: 'opening a bank and looking',
    asked: [],
    async work(process) {
      const bank = await process.openBank(BANK);
      await bank.balance(ADA);
      await bank.totals();
      await bank.close();
    },
  },
  plain('page turn', [transfer(ADA, BOB, 1_00)], {
    async before(bank) {
      // The opening and the first deposit stand there already: this fills the page to its last row.
      const inputs = Array.from({ length: PAGE_ROWS - 2 }, () => ({ to: ADA, amount: '0.01' }));
      await bank.transferMany(inputs);
    },
  }),
  plain(
    'segment turn',
    [transfer(ADA, BOB, 1_00, 'k1'), transfer(BOB, CAT, 2_00, 'k2'), deposit(CAT, 1_00, 'k3')],
    { segmentBytesMax: 2_000 },
  ),
  plain('take-over from somebody killed', [transfer(ADA, BOB, 1_00, 'k2')], {
    killed: [transfer(ADA, CAT, 3_00, 'k0')],
  }),
  {
    name: 'posting for somebody killed',
    killed: [transfer(ADA, CAT, 3_00, 'k0')],
    asked: [],
    async work(process) {
      const bank = await process.openBank(BANK);
      await bank.posted();
      await bank.close();
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
    async work(process, { machine, answered }) {
      const [first, second, third] = this.asked as [Asked, Asked, Asked];
      const here = await process.openBank(BANK);
      await ask(here, first);
      answered(first.key);
      const there = await machine.start().openBank(BANK);
      await ask(there, second);
      answered(second.key);
      await ask(here, third);
      answered(third.key);
      await Promise.all([here.close(), there.close()]);
    },
  },
];
