import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Bank } from 'drovebank';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAt } from '#lib/bank/open-bank.js';
import { decodeIndexList, encodeIndexList } from '#lib/format/index-list.js';
import type { Position } from '#lib/format/position.js';
import { RunBuilder } from '#lib/format/sorted-run.js';
import { IndexWriter } from '#lib/store/index-writer.js';
import { recoverBank } from '#lib/store/recover.js';
import { ROSTER, RosterIndex } from '#lib/store/roster-index.js';
import { SortedIndex } from '#lib/store/sorted-index.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine, newDirectory } from '../machine/processes.js';
import { expectClean, fund, namesIn } from './books.js';
import { ADA, BOB, closedBank, flip, SHOP } from './recovery/harm.js';

const BANK = '/home/bank';
const LIST = 'index/roster.csv';
/** A block holds two or three lines. */
const BLOCK_BYTES = 60;
const NAMES = ['Ada Love', 'ADA "the" First', 'Σοφός Σ', 'Bob Ölmann', 'Ÿ İx', '=1+1 Ada'];

/** Accounts by pages of the index, and by looking at them all. */
async function bothWays(bank: Bank, search: string, limit: number): Promise<[string[], string[]]> {
  const options = { search, world: true };
  const all: string[] = [];
  for await (const { id, ledger } of bank.accounts(options)) all.push(`${id} ${ledger.amount}`);
  const paged: string[] = [];
  for (let after: string | undefined; ; ) {
    const { items, next } = await bank.accounts({ ...options, after, limit }).page();
    paged.push(...items.map(({ id, ledger }) => `${id} ${ledger.amount}`));
    if (next === undefined) return [paged, all];
    after = next;
  }
}

const runsOf = (directory: string) =>
  decodeIndexList(readFileSync(join(directory, LIST), 'utf8')).runs;

/** Pages read through a disk: an account that is listed by the index has its own read, and no other. */
function countReads(pages: string[]) {
  return (disk: Parameters<typeof hooked>[0]) =>
    hooked(disk, ({ name, path }, go) => {
      if (name === 'read' && path.includes('/accounts/')) pages.push(path);
      return go();
    });
}

const idsOf = ({ items }: { items: readonly { id: string }[] }) => items.map(({ id }) => id);

/** What lies there of this index. */
const rosterFiles = (directory: string) =>
  namesIn(directory, 'index').filter((name) => name.startsWith('roster'));

describe('The index of accounts', () => {
  it('lists what looking at all accounts lists, whatever is posted, searched and reopened', async () => {
    const step = fc.oneof(
      fc.record({
        open: fc.integer({ min: 1, max: 5 }),
        name: fc.constantFrom(...NAMES),
        id: fc.option(fc.stringMatching(/^[b-z][a-z0-9_-]{0,3}$/), { nil: undefined }),
      }),
      fc.constant('post' as const),
      fc.constant('reopen' as const),
      fc.constant('deposit' as const),
      fc.record({
        search: fc.constantFrom(
          '',
          'ada',
          'a1',
          '"',
          'ada "the',
          'σ',
          'ÿ',
          'i̇x',
          '=1',
          "'",
          ',',
          'o b',
        ),
        limit: fc.integer({ min: 1, max: 8 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
        const machine = new SimulatedMachine();
        const process = machine.start();
        const host = { ...process.host, indexBlockBytes: BLOCK_BYTES };
        await machine.run(async () => {
          await process.initBank(BANK);
          let bank = await openAt(host, BANK);
          let last: string | undefined;
          for (const one of [...steps, { search: '', limit: 3 }]) {
            if (one === 'post') await bank.posted();
            else if (one === 'deposit') last && (await bank.deposit(last, '1.00'));
            else if (one === 'reopen') {
              await bank.close();
              bank = await openAt(host, BANK);
            } else if ('open' in one) {
              const [firstName = '', ...rest] = one.name.split(' ');
              const given = { firstName, lastName: rest.join(' ') };
              for (let count = 0; count < one.open; count++)
                last = (await bank.openAccount(given)).id;
              const { id } = one;
              if (id) await bank.openAccount({ ...given, id }).catch(() => {});
            } else {
              const [paged, all] = await bothWays(bank, one.search, one.limit);
              expect(paged).toEqual(all);
            }
          }
          await bank.close();
          const again = await openAt(host, BANK);
          await expectClean(again);
          await again.close();
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is searched without looking at the accounts that are not asked for', async () => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    for (let number = 0; number < 40; number++)
      await writer.bank.openAccount({ firstName: `No${number}`, lastName: 'Smith' });
    await writer.bank.close();
    const read: string[] = [];
    const reader = await machine.start(countReads(read));
    const { items } = await reader.bank.accounts({ search: 'no17' }).page();
    expect(items.map(({ firstName }) => firstName)).toEqual(['No17']);
    await reader.bank.accounts({ limit: 3 }).page();
    for await (const _ of reader.bank.accounts({ limit: 4 }));
    expect(read.length).toBe(5);
    await reader.bank.close();
  });

  it('has few runs, whose lines are joined as there are more', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    for (let count = 1; count <= 33; count++) {
      await bank.openAccount({ firstName: 'A', lastName: 'B' });
      await bank.posted();
      const runs = runsOf(machine.directory);
      expect(runs.length).toBeLessThanOrEqual(Math.log2(count + 1) + 1);
      expect(runs.reduce((sum, { lines }) => sum + lines, 0)).toBe(count + 1); // One is the world's.
      const names = rosterFiles(machine.directory);
      expect(names).toEqual([...runs.map(({ name }) => name), 'roster.csv'].sort());
    }
    // Where nobody was opened it stays as it is.
    const before = readFileSync(join(machine.directory, LIST), 'utf8');
    await bank.deposit(ADA, '1.00');
    await bank.posted();
    expect(readFileSync(join(machine.directory, LIST), 'utf8')).toBe(before);
    await bank.close();
  });

  it('shows one moment, while others book, open and post', async () => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    const [ada, bob] = await fund(writer);
    await writer.bank.posted();
    let meanwhile = 6;
    const reader = await machine.start((disk) =>
      hooked(disk, async ({ name, path }, go) => {
        if (name === 'read' && path.includes('/accounts/') && meanwhile-- > 0) {
          await writer.bank.transfer({ from: ada, to: bob, amount: '1.00' });
          const { id } = await writer.bank.openAccount({ firstName: 'Eve', lastName: 'Late' });
          await writer.bank.transfer({ from: ada, to: id, amount: '1.00' });
          await writer.bank.posted();
        }
        return go();
      }),
    );
    const { items } = await reader.bank.accounts({ world: true }).page();
    const cents = items.map(({ ledger }) => Number(ledger.amount.replace('.', '')));
    expect(cents.reduce((sum, one) => sum + one, 0)).toBe(0);
    expect(items.length).toBeGreaterThan(5);
    await Promise.all([reader.bank.close(), writer.bank.close()]);
  });

  it('is looked for again where its runs were joined meanwhile', async () => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    await writer.bank.openAccount({ firstName: 'Ada', lastName: 'A' });
    await writer.bank.posted();
    let once = true;
    const reads: string[] = [];
    const reader = await machine.start((disk) =>
      hooked(countReads(reads)(disk), async ({ name, path }, go) => {
        if (once && name === 'open' && /roster-/.test(path)) {
          once = false;
          for (const firstName of ['Bob', 'Cat', 'Dan']) {
            await writer.bank.openAccount({ firstName, lastName: 'B' });
            await writer.bank.posted();
          }
          expect(existsSync(path)).toBe(false);
        }
        return go();
      }),
    );
    expect((await reader.bank.accounts({ limit: 2 }).page()).items).toHaveLength(2);
    expect(once).toBe(false);
    // By the index: not all pages were read.
    expect(reads.length).toBeLessThanOrEqual(3);
    await Promise.all([reader.bank.close(), writer.bank.close()]);
  });
});

/** What may become of it: whether `verify` tells it, and whether recovery must be told to go on. */
interface Harm {
  readonly told: boolean;
  readonly apply?: boolean;
  readonly strike: (directory: string) => void;
}

const runPath = (directory: string) =>
  join('index', runsOf(directory).toSorted((a, b) => b.lines - a.lines)[0]?.name ?? '');
const strike = (path: (directory: string) => string, at: number) => (directory: string) =>
  flip(join(directory, path(directory)), at);

const HARMS: Record<string, Harm> = {
  'its list is gone': { told: false, strike: (directory) => rmSync(join(directory, LIST)) },
  'its list is damaged': { told: true, strike: strike(() => LIST, 40) },
  'a run is gone': {
    told: true,
    strike: (directory) => rmSync(join(directory, runPath(directory))),
  },
  'a line of a run is damaged': { told: true, strike: strike(runPath, 12) },
  'the table of a run is damaged': { told: true, strike: strike(runPath, -3) },
  'all of it is gone': {
    told: false,
    strike: (directory) => rmSync(join(directory, 'index'), { recursive: true }),
  },
  'another file lies in the place of its folder': {
    told: true,
    apply: true,
    strike(directory) {
      rmSync(join(directory, 'index'), { recursive: true });
      writeFileSync(join(directory, 'index'), 'x');
    },
  },
  'a folder lies in the place of its list': {
    told: true,
    apply: true,
    strike(directory) {
      rmSync(join(directory, LIST));
      mkdirSync(join(directory, LIST));
    },
  },
  'a folder lies beside its runs, and has the name of one': {
    told: true,
    apply: true,
    strike: (directory) => mkdirSync(join(directory, 'index/roster-99-1.csv')),
  },
  'a folder lies where a run would, and the list is gone': {
    told: true,
    apply: true,
    strike(directory) {
      rmSync(join(directory, LIST));
      mkdirSync(join(directory, 'index/roster-99-1.csv'));
    },
  },
};

const ALL = [ADA, BOB, SHOP];

describe.each(Object.entries(HARMS))('When %s', (_, { told, apply = false, strike }) => {
  it('lists are as before, verify tells what is wrong, and the bank goes on', async () => {
    const directory = await closedBank();
    strike(directory);
    const unclosed: string[] = [];
    const { bank } = await Machine.on(directory).start((disk) =>
      hooked(disk, async ({ name, path }, go) => {
        const done = await go();
        if (name === 'open' && path.includes('/index/')) unclosed.push(path);
        if (name === 'close' && unclosed.includes(path)) unclosed.splice(unclosed.indexOf(path), 1);
        return done;
      }),
    );
    expect(idsOf(await bank.accounts().page())).toEqual(ALL);
    expect(idsOf(await bank.accounts({ search: 'shop' }).page())).toEqual([SHOP]);
    const { ok, steps } = await bank.verify();
    const problems = steps.flatMap((step) => step.problems);
    expect([ok, problems.length > 0]).toEqual([!told, told]);
    for (const { file } of problems) expect(file).toMatch(/^index/);
    for (const id of ['new-1', 'new-2']) {
      await bank.openAccount({ id, firstName: 'N', lastName: 'W' });
      await bank.posted();
      const ids = idsOf(await bank.accounts().page());
      expect(ids).toEqual(expect.arrayContaining([...ALL, id]));
    }
    await bank.close();
    expect(unclosed).toEqual([]);
    const again = await Machine.on(directory).start();
    expect(idsOf(await again.bank.accounts().page())).toEqual([...ALL, 'new-1', 'new-2'].sort());
    await again.bank.close();
  });

  it('recovery makes it anew', async () => {
    const directory = await closedBank();
    strike(directory);
    const machine = Machine.on(directory);
    const dry = await recoverBank(machine.host(), directory, { rebuildIndex: !told });
    expect(dry.state).toBe(apply ? 'problems' : 'repaired');
    const found = apply ? await recoverBank(machine.host(), directory, { apply }) : dry;
    expect(found).toMatchObject({ state: 'repaired', problems: [], stopped: false });
    expect(found.findings.map(({ file }) => file).join()).toMatch(/^index/);
    const { bank } = await machine.start();
    await expectClean(bank);
    expect(idsOf(await bank.accounts().page())).toEqual(ALL);
    await bank.close();
    expect(await recoverBank(machine.host(), directory, {})).toMatchObject({ state: 'clean' });
  });
});

describe('An index that cannot be used', () => {
  it('is made anew by who posts next, whatever is posted', async () => {
    const directory = await closedBank();
    rmSync(join(directory, 'index'), { recursive: true });
    const { bank } = await Machine.on(directory).start();
    expect((await bank.verify()).steps.find(({ name }) => name === 'index')?.checked).toMatch(
      /none/,
    );
    await bank.deposit(ADA, '1.00');
    await bank.posted();
    await expectClean(bank);
    expect(existsSync(join(directory, LIST))).toBe(true);
    await bank.close();
  });

  it('is made anew where a run is missing that is not to be joined', async () => {
    const directory = await closedBank();
    const machine = Machine.on(directory);
    rmSync(join(directory, runPath(directory)));
    const { bank } = await machine.start();
    await bank.openAccount({ firstName: 'N', lastName: 'W' });
    await bank.posted();
    await expectClean(bank);
    await bank.close();
  });

  it('is made anew where a damaged run is to be joined', async () => {
    const directory = await closedBank();
    const machine = Machine.on(directory);
    for (const name of readdirSync(join(directory, 'index')))
      if (name !== 'roster.csv') flip(join(directory, 'index', name), 12);
    const { bank } = await machine.start();
    // As many as there are already: the run that has them is taken in.
    for (const id of ['n1', 'n2', 'n3', 'n4', 'n5'])
      await bank.openAccount({ id, firstName: 'N', lastName: id });
    await bank.posted();
    await expectClean(bank);
    await bank.close();
  });

  it('since it is of an older day, lacks nobody: it goes with no checkpoint behind it', async () => {
    const directory = await closedBank();
    const machine = Machine.on(directory);
    cpSync(join(directory, 'index'), `${directory}-index`, { recursive: true });
    const first = await machine.start();
    await first.bank.openAccount({ id: 'late', firstName: 'L', lastName: 'T' });
    await first.bank.close();
    rmSync(join(directory, 'index'), { recursive: true });
    cpSync(`${directory}-index`, join(directory, 'index'), { recursive: true });
    const { bank } = await machine.start();
    expect(idsOf(await bank.accounts().page())).toEqual([...ALL, 'late'].sort());
    await bank.deposit(ADA, '1.00');
    await bank.posted();
    await expectClean(bank);
    expect(idsOf(await bank.accounts({ search: 'late' }).page())).toEqual(['late']);
    await bank.close();
  });

  it('is made anew on request where nothing is wrong with it', async () => {
    const directory = await closedBank();
    const before = runsOf(directory).map(({ name }) => name);
    const machine = Machine.on(directory);
    const found = await recoverBank(machine.host(), directory, { rebuildIndex: true });
    expect(found).toMatchObject({ state: 'repaired', problems: [] });
    const runs = runsOf(directory).map(({ name }) => name);
    expect(runs).not.toEqual(before);
    expect(rosterFiles(directory)).toEqual([...runs, 'roster.csv'].sort());
    expect(await recoverBank(machine.host(), directory, {})).toMatchObject({ state: 'clean' });
  });

  it('stays as it is while another process posts, and that is told', async () => {
    const directory = await closedBank();
    const machine = Machine.on(directory);
    const other = await machine.start();
    expect(await other.files.poster.tryStart()).toBe(true);
    const found = await recoverBank(machine.host(), directory, { rebuildIndex: true });
    expect(found).toMatchObject({ state: 'problems', findings: [], stopped: false });
    expect(found.problems[0]?.what).toMatch(/a program that has the bank open posts, or/);
    await other.files.poster.stop();
    await other.bank.close();
  });

  it.each(['EACCES', 'EIO'])(
    'because the disk refuses it (%s): lists and posting go on',
    async (code) => {
      const directory = await closedBank();
      const machine = Machine.on(directory);
      const disk = new FaultyDisk();
      disk.fault = ({ name, path }) =>
        /\/index\//.test(path) && name !== 'facts' ? (code as 'EIO') : undefined;
      const { bank } = await machine.start(disk.on);
      expect(idsOf(await bank.accounts().page())).toEqual(ALL);
      await bank.openAccount({ id: 'new', firstName: 'N', lastName: 'W' });
      await bank.posted();
      expect(idsOf(await bank.accounts().page())).toEqual([...ALL, 'new'].sort());
      await bank.close();
      const again = await machine.start();
      expect(idsOf(await again.bank.accounts().page())).toEqual([...ALL, 'new'].sort());
      await again.bank.deposit(ADA, '1.00');
      await again.bank.posted();
      await expectClean(again.bank);
      expect(idsOf(await again.bank.accounts({ search: 'new' }).page())).toEqual(['new']);
      await again.bank.close();
    },
  );
});

describe('The index of a bank', () => {
  it('has a list that is written before it gets its name', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'index'), { recursive: true });
    const { system, disk } = Machine.on(directory).host();
    const place = { system, disk: disk({ shared: false }), directory };
    const runs: never[] = [];
    const position = {
      segment: '00000001-1.csv',
      offset: 0,
      transfer: 7,
      epoch: 1,
      seal: '0'.repeat(16),
    };
    const staging = {
      next: () => join(directory, 'staged'),
      epoch: 1,
      gone: () => new Error('gone'),
    };
    await new IndexWriter(place, ROSTER, 4096).publish({ position, runs }, staging);
    const after = readFileSync(join(directory, 'index', 'roster.csv'), 'utf8');
    expect(decodeIndexList(after)).toEqual({ position, runs });
  });

  it('is there from the beginning', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    const step = (await bank.verify()).steps.find(({ name }) => name === 'index');
    expect(step).toEqual({ name: 'index', checked: '0 accounts', problems: [] });
    await bank.close();
  });

  it('is added to by the next process, and not made anew', async () => {
    const directory = await closedBank();
    const [before] = runsOf(directory);
    const { bank } = await Machine.on(directory).start();
    await bank.openAccount({ firstName: 'N', lastName: 'W' });
    await bank.posted();
    expect(runsOf(directory)[0]).toEqual(before);
    expect(runsOf(directory)).toHaveLength(2);
    await bank.close();
  });

  it('lasts, run before list and list before checkpoint, and no run goes before that', async () => {
    const machine = await Machine.withBank();
    let steps: string[] = [];
    const { bank, files } = await machine.start((disk) =>
      hooked(disk, ({ name, path }, go) => {
        const file = path.slice(machine.directory.length + 1).replace(/-\d+-\d+/, '');
        const isPaper = path.includes('/index-') && ['write', 'sync', 'close'].includes(name);
        const counts = /^index|^journal\/checkpoint/.test(file);
        if (isPaper && !(name === 'write' && steps.at(-1) === 'write')) steps.push(name);
        if (counts && ['rename', 'syncFolder', 'remove'].includes(name))
          steps.push(`${name} ${file}`);
        return go();
      }),
    );
    const lasting = [
      ...['write', 'sync', 'close', 'rename index/roster.csv', 'syncFolder index'],
      ...['write', 'sync', 'close', `rename ${LIST}`, 'syncFolder index'],
    ];
    // The third run takes the second in, and then the first.
    for (const removed of [0, 0, 2]) {
      steps = [];
      await bank.openAccount({ firstName: 'N', lastName: 'W' });
      await bank.posted();
      const behind = Array.from({ length: removed }, () => `remove ${LIST}`);
      expect(steps).toEqual([...lasting, ...behind, 'rename journal/checkpoint.csv']);
    }
    steps = [];
    expect(await files.poster.confirm()).toBe(true);
    const keys = ['write', 'sync', 'close', 'rename index/keys.csv', 'syncFolder index'];
    const anew = [...lasting, `remove ${LIST}`, ...keys];
    expect(steps).toEqual([...anew, 'rename journal/checkpoint.csv']);
    await bank.close();
  });

  it('is rid of runs that nobody names by who adds to it, but for those of a newer poster', async () => {
    const directory = await closedBank();
    const strays = ['index/roster-98-1.csv', 'index/roster-99-999.csv'];
    for (const stray of strays) writeFileSync(join(directory, stray), 'x');
    const { bank } = await Machine.on(directory).start();
    await bank.openAccount({ firstName: 'N', lastName: 'W' });
    await bank.posted();
    expect(strays.map((stray) => existsSync(join(directory, stray)))).toEqual([false, true]);
    await expectClean(bank);
    await bank.close();
  });

  it('waits for room on a full disk, as the passbooks do', async () => {
    const machine = await Machine.withBank();
    const disk = new FaultyDisk();
    const { bank } = await machine.start(disk.on);
    disk.fault = ({ name, path }) =>
      name === 'write' && path.includes('/index-') ? 'ENOSPC' : undefined;
    await bank.openAccount({ id: 'ada', firstName: 'A', lastName: 'L' });
    await expect(bank.posted()).rejects.toMatchObject({ code: 'DISK_FULL' });
    disk.fault = () => undefined;
    await bank.posted();
    const { steps } = await bank.verify();
    expect(steps.find(({ name }) => name === 'index')?.checked).toBe('2 accounts');
    await bank.close();
  });

  it.each<[string, (lines: readonly string[]) => string[], RegExp]>([
    ['lacks an account', (lines) => lines.slice(1), /^it lacks 1 of 4 accounts$/],
    [
      'names one otherwise',
      ([first = '', ...rest]) => [first.replace('ada', 'eva'), ...rest],
      /^it names a10017 otherwise/,
    ],
    ['names one that never was', (lines) => [...lines, 'zoe,"z z"'], /^it names zoe otherwise/],
  ])('that %s is told by verify, be its checks right', async (_, forge, what) => {
    const directory = await closedBank();
    const { bank, files } = await Machine.on(directory).start();
    const list = decodeIndexList(readFileSync(join(directory, LIST), 'utf8'));
    const lines: string[] = [];
    for await (const line of new SortedIndex(files, ROSTER).lines(list.runs)) lines.push(line);
    const builder = new RunBuilder('id,names', 1_000);
    for (const line of forge(lines)) builder.push(line);
    const { bytes, facts } = builder.end();
    const name = 'roster-50-1.csv';
    writeFileSync(join(directory, 'index', name), `id,names\n${bytes}`);
    const text = encodeIndexList({ ...list, runs: [{ name, ...facts }] });
    writeFileSync(join(directory, LIST), text);
    const { ok, steps } = await bank.verify();
    const problems = steps.flatMap((step) => step.problems);
    expect(ok).toBe(false);
    expect(problems).toEqual([{ file: LIST, what: expect.stringMatching(what) }]);
    await bank.close();
  });

  it.each([
    ['index', undefined],
    ['checkpoint', 'EIO'],
  ])(
    'is somebody else’s to make anew where that one has taken the role meanwhile: %s',
    async (paper, fault) => {
      const directory = await closedBank();
      const machine = Machine.on(directory);
      const other = await machine.start();
      let pid = 0;
      const first = await machine.start((disk) =>
        hooked(disk, async ({ name, path }, go) => {
          if (name === 'create' && path.includes(`/${paper}-`) && !machine.dead.has(pid)) {
            machine.dead.add(pid); // Taken for dead, and goes on.
            for (let tries = 0; tries < 9; tries++) await other.files.poster.tryStart();
            expect(other.files.poster.active).toBe(true);
            if (fault) throw Object.assign(new Error('it fails'), { code: fault });
          }
          return go();
        }),
      );
      pid = first.pid;
      expect(await first.files.poster.confirm()).toBe(false);
      expect(first.files.poster.active).toBe(false);
      await other.files.poster.stop();
      await expectClean(other.bank);
      await other.bank.close();
    },
  );
});

describe('A reader of the index', () => {
  it('is not misled by a checkpoint that went on into a segment behind the head it looked up', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    const head = (await first.files.log.head()) as Position;
    machine.kill(first);
    // Who takes over books nothing, and posts.
    const second = await machine.start();
    await expect(second.bank.withdraw(ada, '1000.00')).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
    });
    await second.bank.posted();
    const index = new RosterIndex(second.files);
    const question = { behind: '', words: [], count: 10 };
    for (let time = 0; time < 2; time++)
      expect(await index.ids(head, head.transfer, question)).toHaveLength(3);
    await second.bank.close();
    await expectClean((await machine.start()).bank);
  });

  it('looks at nobody for what stands in every line and in no name', async () => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    await fund(writer);
    await writer.bank.close();
    const read: string[] = [];
    const reader = await machine.start(countReads(read));
    for (const search of [',', '"', ',"', '7,', ' ,'])
      expect((await reader.bank.accounts({ search }).page()).items).toEqual([]);
    expect(read).toEqual([]);
    await reader.bank.close();
  });

  it('is shown a page while deposits to it share its batches', async () => {
    const machine = await Machine.withBank();
    const process = await machine.start();
    const { bank } = process;
    const [ada, bob] = await fund(process);
    let done = false;
    const depositing = (async () => {
      while (!done) await Promise.all([bank.transfer({ from: ada, to: bob, amount: '0.01' })]);
    })();
    for (let page = 0; page < 20; page++) {
      const { items } = await bank.accounts({ world: true }).page();
      const cents = items.map(({ ledger }) => Number(ledger.amount.replace('.', '')));
      expect(cents.reduce((sum, one) => sum + one, 0)).toBe(0);
    }
    done = true;
    await depositing;
    await bank.close();
  });

  it('finds half a letter where there is one, by looking at all accounts', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    await bank.openAccount({ id: 'smile', firstName: 'S\u{1f603}', lastName: 'X' });
    expect(idsOf(await bank.accounts({ search: '\ud83d' }).page())).toEqual(['smile']);
    await bank.close();
  });
});
