import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '#lib/format/position.js';
import { CHECKPOINT_FILE } from '#lib/store/checkpoint.js';
import { recoverBank } from '#lib/store/recover.js';
import { type VerifyOptions, verifyFiles } from '#lib/store/verify.js';
import { changes, hooked, type Step } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine, noPoster, type PlayedProcess } from '../machine/processes.js';
import { expectClean, expectWhole, fund, namesIn, pagePath } from './books.js';
import {
  ADA,
  appendSealed,
  BOB,
  closedBank,
  flip,
  pageOf,
  SHOP,
  segmentsIn,
  WORLD,
} from './recovery/harm.js';

/** How often a page is turned while somebody verifies. */
const TURNS_MAX = 3;
const many = (to: string, count: number) =>
  Array.from({ length: count }, () => ({ to, amount: '1.00' }));

const MISSING = 'the passbook is missing; the journal has posted it up to entry 203';

describe('verify', () => {
  it.each([1, 63, 64, 65, 200])(
    'leaves out what is posted while it reads: %i rows',
    async (rows) => {
      const machine = await Machine.withBank();
      const writer = await machine.start();
      const [ada] = await fund(writer);
      await writer.bank.transferMany(many(ada, 60));
      await writer.bank.posted();
      let meanwhile: (() => Promise<void>) | undefined = async () => {
        meanwhile = undefined;
        await writer.bank.transferMany(many(ada, rows));
        await writer.bank.openAccount({ firstName: 'Eve', lastName: 'Late' });
        await writer.bank.posted();
      };
      const reader = await machine.start((disk) =>
        hooked(disk, async (step, go) => {
          if (step.name === 'list' && step.path.endsWith('/accounts')) await meanwhile?.();
          return go();
        }),
      );
      const { asOf, steps } = await reader.bank.verify();
      expect(steps.flatMap(({ problems }) => problems)).toEqual([]);
      expect(asOf).toBe(64);
      await expectClean(reader.bank);
      await Promise.all([reader.bank.close(), writer.bank.close()]);
      await expectWhole(machine, { [ada]: `${160 + rows}.00` });
    },
  );

  it('tells what it looked at, and how far it is', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    await fund(await machine.start());
    const told: [number, number][] = [];
    const verified = await bank.verify({ onProgress: (done, all) => told.push([done, all]) });
    expect(verified).toMatchObject({ ok: true, asOf: 4 });
    expect(verified.steps.map(({ name }) => name)).toEqual([
      'desks',
      'segments',
      'journal',
      'checkpoint',
      'passbooks',
      'sums',
      'index',
      'keys',
      'files',
    ]);
    await bank.posted();
    await bank.verify({ onProgress: (done, all) => told.push([done, all]) });
    expect(told).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    await bank.close();
  });

  it('finds an older copy of a passbook that somebody put back, whole as it is', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    await first.bank.posted();
    const path = pagePath(machine.directory, ada);
    copyFileSync(path, `${machine.directory}-old`);
    await first.bank.transfer({ from: ada, to: bob, amount: '60.00' });
    await first.bank.posted();
    copyFileSync(`${machine.directory}-old`, path);
    const { ok, steps } = await first.bank.verify();
    expect(ok).toBe(false);
    expect(steps.flatMap(({ problems }) => problems)).toMatchObject([{ file: pagePath('', ada) }]);
    await first.bank.close();
  });

  /** A page of an older day: whole, and not what the journal tells. */
  async function withOlderPage(machine: Machine) {
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    await first.bank.posted();
    const path = pagePath(machine.directory, ada);
    copyFileSync(path, `${machine.directory}-old`);
    await first.bank.transfer({ from: ada, to: bob, amount: '60.00' });
    await first.bank.close();
    const newer = readFileSync(path);
    copyFileSync(`${machine.directory}-old`, path);
    return { ada, path, newer };
  }

  it.each([false, true])(
    'stops the bank where the books disagree, before anything is booked on a page of an older day: quick %s',
    async (quick) => {
      const machine = await Machine.withBank();
      const { ada } = await withOlderPage(machine);
      if (quick) flip(pagePath(machine.directory, ada), -3); // Whole, it is none that the ends show.
      const open = await machine.start();
      const { bank } = await machine.start();
      expect((await bank.verify({ quick })).ok).toBe(false);
      await bank.close();
      const told = { code: 'BANK_DAMAGED', details: { what: expect.stringContaining(ada) } };
      await expect(open.bank.withdraw(ada, '100.00')).rejects.toMatchObject(told);
      await open.bank.close().catch(() => {});
      await expect(machine.open(machine.host())).rejects.toMatchObject(told);
      const again = await recoverBank(machine.host(), machine.directory, { apply: true });
      expect(again).toMatchObject({ state: 'repaired', problems: [] });
      await expectWhole(machine, { [ada]: '40.00' });
    },
  );

  it('stops nobody for what it does not see again with the desk in hand, and tells what it saw last', async () => {
    const machine = await Machine.withBank();
    const { ada, path, newer } = await withOlderPage(machine);
    const { bank } = await machine.start((disk) =>
      hooked(disk, async ({ name, path: at }, go) => {
        const done = await go();
        if (name === 'read' && at === path) writeFileSync(path, newer); // It was on its way.
        return done;
      }),
    );
    expect((await bank.verify()).ok).toBe(true);
    expect(await bank.deposit(ada, '1.00')).toMatchObject({ to: { after: { amount: '41.00' } } });
    await bank.close();
  });

  it('stops nobody for what only lies around the books', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    const [ada] = await fund({ bank } as PlayedProcess);
    writeFileSync(join(machine.directory, 'journal/notes.txt'), 'mine');
    expect((await bank.verify()).ok).toBe(false);
    await bank.deposit(ada, '1.00');
    await bank.close();
  });

  it('tells who may not write what is wrong, all the same', async () => {
    const machine = await Machine.withBank();
    const { ada } = await withOlderPage(machine);
    const faulty = new FaultyDisk();
    faulty.fault = (step) => (changes(step) && step.name !== 'close' ? 'EACCES' : undefined);
    const { bank } = await machine.start(faulty.on);
    const { steps } = await bank.verify();
    expect(steps.flatMap(({ problems }) => problems)).toMatchObject([{ file: pageOf(ada) }]);
    await bank.close();
    expect(existsSync(join(machine.directory, 'PAIN.csv'))).toBe(false);
  });

  it('stops the bank where it cannot even begin to look', async () => {
    const machine = await Machine.withBank();
    const { bank } = await machine.start();
    const [ada] = await fund({ bank } as PlayedProcess);
    await bank.posted();
    flip(join(machine.directory, CHECKPOINT_FILE), -3);
    await expect(bank.verify()).rejects.toMatchObject({ details: { file: CHECKPOINT_FILE } });
    expect(existsSync(join(machine.directory, 'PAIN.csv'))).toBe(true);
    await expect(bank.deposit(ada, '1.00')).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    await bank.close().catch(() => {});
  });

  it.each([
    [2, false],
    [2, true],
    [1_000, false],
    [1_000, true],
  ])(
    'is not misled by rows of before behind the journal’s end: the first %i again, quick %s',
    async (rows, quick) => {
      const machine = await Machine.withBank();
      const first = await machine.start();
      const [ada] = await fund(first);
      machine.kill(first);
      const segment =
        namesIn(machine.directory, 'journal').find((name) => name !== 'checkpoint.csv') ?? '';
      const path = `${machine.directory}/journal/${segment}`;
      const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
      // Whole, as the first rows of a segment are: as if the journal began anew.
      appendFileSync(path, lines.slice(0, rows).join(''));
      const { bank } = await machine.start();
      expect((await bank.balance(ada)).ledger.amount).toBe('100.00');
      const { ok, steps } = await bank.verify({ quick });
      const found = steps.flatMap(({ problems }) => problems.map(({ file }) => file));
      expect([ok, found]).toEqual(rows === 2 ? [true, []] : [false, [`journal/${segment}`]]);
      const deposit = bank.deposit(ada, '1.00');
      if (rows === 2) expect(await deposit).toMatchObject({ transfer: 5 });
      else await expect(deposit).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
      await bank.close().catch(() => {});
    },
  );

  it('finds a passbook that the journal knows nothing of', async () => {
    const machine = await Machine.withBank();
    const other = await Machine.withBank();
    const [own, strange] = [await machine.start(), await other.start()];
    await fund(own);
    const eve = { id: 'eve', firstName: 'Eve', lastName: 'Moneypenny' };
    await strange.bank.openAccount(eve);
    await strange.bank.deposit(eve.id, '1000000.00');
    for (const { bank } of [own, strange]) await bank.posted();
    mkdirSync(dirname(pagePath(machine.directory, eve.id)), { recursive: true });
    copyFileSync(pagePath(other.directory, eve.id), pagePath(machine.directory, eve.id));
    const { ok, steps } = await own.bank.verify();
    expect(ok).toBe(false);
    expect(steps.flatMap(({ problems }) => problems)).toEqual([
      { file: pagePath('', eve.id), what: 'the journal knows nothing of it' },
    ]);
    for (const { bank } of [own, strange]) await bank.close();
  });

  it('names the segment with an entry that does not follow, be its seal right', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada, bob] = await fund(first);
    machine.kill(first);
    const late = 'deposit,5,2099-01-01T00:00:00.000Z,USD,7.00,world-usd,4,-207.00';
    appendSealed(machine.directory, `${late},${ada},3,170.00,,,,,,,,,,,`);
    const { bank } = await machine.start();
    await bank.deposit(bob, '1.00'); // It takes over what was sealed and not answered.
    const { ok, steps } = await bank.verify();
    expect(ok).toBe(false);
    const file = `journal/${namesIn(machine.directory, 'journal').at(-2)}`;
    expect(steps.flatMap(({ problems }) => problems)).toEqual([
      { file, what: `entry 5: the balance of ${ada} does not add up` },
    ]);
    // What waits to be posted waits for a repair.
    await expect(bank.close()).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });

  it('names an open page that is broken when it looks at ends alone', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.posted();
    flip(pagePath(machine.directory, ada), -3);
    const { ok, steps } = await first.bank.verify({ quick: true });
    expect(ok).toBe(false);
    expect(steps.flatMap(({ problems }) => problems)).toEqual([
      { file: pagePath('', ada), what: 'row 2 was changed' },
    ]);
    await first.bank.close();
  });

  /** A page and a checkpoint of two older days: the page lacks row 3, and the journal is read from row 4 on. */
  async function withoutRow3() {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.posted();
    const paths = ['journal/checkpoint.csv', pagePath('', ada)].map((file) =>
      join(machine.directory, file),
    );
    const [, page = ''] = paths.map((path) => readFileSync(path));
    await first.bank.deposit(ada, '1.00');
    await first.bank.posted();
    const [checkpoint = ''] = paths.map((path) => readFileSync(path));
    await first.bank.deposit(ada, '1.00');
    await first.bank.close();
    for (const [index, bytes] of [checkpoint, page].entries())
      writeFileSync(paths[index] ?? '', bytes);
    const { bank } = await machine.start();
    const missing = {
      file: pagePath('', ada),
      what: 'it ends at row 2, and the journal goes on with row 4',
    };
    return { bank, missing };
  }

  it('finds by the ends alone that rows are missing before those behind the checkpoint', async () => {
    const { bank, missing } = await withoutRow3();
    const { steps } = await bank.verify({ quick: true });
    expect(steps.find(({ name }) => name === 'journal')?.problems).toEqual([missing]);
    await bank.close().catch(() => {});
  });

  it('leaves it to totals as well to find them', async () => {
    const { bank, missing } = await withoutRow3();
    await expect(bank.totals()).rejects.toMatchObject({ code: 'BANK_DAMAGED', details: missing });
    await bank.close().catch(() => {});
  });

  it.each([false, true])(
    'tells of a checkpoint that names a segment which is not there, as one of before a repair may: quick %s',
    async (quick) => {
      const machine = await Machine.withBank();
      const first = await machine.start();
      await fund(first);
      await first.bank.close();
      forgeCheckpoint(machine.directory, { segment: '000002-9.csv' });
      const { bank } = await machine.start();
      const { ok, steps } = await bank.verify({ quick });
      expect(ok).toBe(false);
      expect(steps.find(({ name }) => name === 'checkpoint')?.problems).toMatchObject([
        { file: CHECKPOINT_FILE },
      ]);
      await bank.close().catch(() => {});
    },
  );

  it('stops when it is told to', async () => {
    const machine = await Machine.withBank();
    const first = await machine.start();
    await fund(first);
    await first.bank.posted();
    const stop = new AbortController();
    const { signal } = stop;
    const verified = first.bank.verify({ signal, onProgress: () => stop.abort() });
    await expect(verified).rejects.toMatchObject({ code: 'CANCELLED' });
    await expectClean(first.bank);
    await first.bank.close();
  });

  it.each([
    ['before the open page is read', 'read', (page: string) => page],
    ['behind a list of the earlier ones', 'list', dirname],
  ])('takes a page that was turned %s for what it is', async (_, name, pathOf) => {
    const machine = await Machine.withBank();
    const writer = await machine.start();
    const [ada] = await fund(writer);
    await writer.bank.transferMany(many(ada, 60));
    await writer.bank.posted();
    const page = pagePath(machine.directory, ada);
    let turns = 0;
    const turn = async () => {
      if (turns === TURNS_MAX) return;
      turns++;
      await writer.bank.transferMany(many(ada, 65));
      await writer.bank.posted();
    };
    const reader = await machine.start((disk) =>
      hooked(disk, async (step, go) => {
        const strikes = step.name === name && step.path === pathOf(page);
        if (strikes && name === 'read') await turn();
        const done = await go();
        if (strikes && name === 'list') await turn();
        return done;
      }),
    );
    await expectClean(reader.bank);
    expect(turns).toBeGreaterThan(0);
    expect(namesIn(machine.directory, dirname(pagePath('', ada)))).toHaveLength(1 + turns);
    for (const { bank } of [reader, writer]) await bank.close();
  });

  it.each([
    [BOB, undefined, pageOf(BOB), MISSING],
    [ADA, undefined, pageOf(ADA), 'the open page is missing; there are 2 earlier ones'],
    [ADA, 1, pageOf(ADA), 'of 1 earlier pages some are missing'],
  ])(
    'names a page that somebody removes while it reads: of %s, number %s',
    async (id, page, file, what) => {
      const directory = await closedBank();
      const path = pagePath(directory, id, page);
      const { files } = await Machine.on(directory).start((disk) =>
        hooked(disk, (step, go) => {
          if (step.name === 'read' && step.path === path) rmSync(path, { force: true });
          return go();
        }),
      );
      expect(await problemsOf(files)).toEqual({ passbooks: [{ file, what }] });
    },
  );

  it.each([false, true])(
    'says that the disk fails, and nothing of damage, where it fails: quick %s',
    async (quick) => {
      const directory = await closedBank();
      const disk = new FaultyDisk();
      disk.fault = ({ name, path }) =>
        name === 'read' && path === pagePath(directory, ADA) ? 'EIO' : undefined;
      const { files } = await Machine.on(directory).start(disk.on);
      await expect(verifyFiles(files, { quick })).rejects.toMatchObject({ code: 'EIO' });
    },
  );

  const accounts = /\/accounts$/;
  const unread: [string, RegExp, Step['name'], boolean, Record<string, string>][] = [
    ['a page', /a10025\.csv$/, 'read', false, { passbooks: pageOf(BOB) }],
    ['an open page', /a10025\.csv$/, 'read', true, { passbooks: pageOf(BOB) }],
    [
      'the folder of passbooks',
      accounts,
      'list',
      false,
      { passbooks: 'accounts', files: 'accounts' },
    ],
    [
      'the folder of passbooks',
      accounts,
      'list',
      true,
      { passbooks: 'accounts', files: 'accounts' },
    ],
    [
      'the segment behind the first',
      /\/000002-\d+\.csv$/,
      'open',
      false,
      { segments: 'journal/000002', journal: 'journal/000002' },
    ],
    [
      'the desk',
      /\/desks\/poster$/,
      'list',
      true,
      { desks: 'desks/poster', files: 'desks/poster' },
    ],
  ];
  it.each(unread)(
    'tells what the disk does not give, and goes on; the bank is not stopped: %s (%s of %s, quick: %s)',
    async (_, path, name, quick, expected) => {
      const directory = await closedBank();
      const disk = new FaultyDisk();
      const { bank } = await Machine.on(directory).start(disk.on);
      await bank.balance(ADA);
      disk.fault = (step) => (step.name === name && path.test(step.path) ? 'EIO' : undefined);
      const { ok, steps } = await bank.verify({ quick });
      expect(ok).toBe(false);
      const found = steps.filter(({ problems }) => problems.length > 0);
      expect(found.map((step) => step.name)).toEqual(Object.keys(expected));
      for (const step of found) {
        const file = expect.stringContaining(expected[step.name] ?? 'nothing');
        const what = 'the disk does not give it (EIO)';
        for (const problem of step.problems) expect(problem).toEqual({ file, what, unread: true });
      }
      expect(steps.map((step) => step.name)).toContain('files');
      disk.fault = () => undefined;
      expect(await bank.deposit(ADA, '1.00')).toMatchObject({ transfer: 204 });
      await expectClean(bank);
      await bank.close();
    },
  );

  it('tells a disk that refuses otherwise as what it is', async () => {
    const directory = await closedBank();
    const disk = new FaultyDisk();
    const { bank } = await Machine.on(directory).start(disk.on);
    disk.fault = ({ path }) => (path === pagePath(directory, BOB) ? 'EACCES' : undefined);
    await expect(bank.verify()).rejects.toMatchObject({ code: 'NO_PERMISSION' });
    disk.fault = () => undefined;
    await bank.close();
  });

  it.each([false, true])('goes no further once it was told to stop: quick %s', async (quick) => {
    const directory = await closedBank();
    const stop = new AbortController();
    const looked: string[] = [];
    const { files } = await Machine.on(directory).start((disk) =>
      hooked(disk, (step, go) => {
        if (step.path.endsWith(segmentsIn(directory)[0] ?? '')) stop.abort();
        // The passbooks come behind the journal’s history, and without it they are listed first.
        const isBehind = step.path.includes('/accounts') && (!quick || step.name === 'read');
        if (isBehind) looked.push(step.path);
        return go();
      }),
    );
    const verified = verifyFiles(files, { quick, signal: stop.signal });
    await expect(verified).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(looked).toEqual([]);
  });

  it('counts an entry once that the checkpoint covers and that was copied into the next segment', async () => {
    const machine = await Machine.withBank();
    const path = join(machine.directory, CHECKPOINT_FILE);
    const older = readFileSync(path);
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.posted();
    const newer = readFileSync(path);
    machine.kill(first);
    machine.reboot();
    // As where somebody takes over while a poster is about to write its checkpoint.
    writeFileSync(path, older);
    const bank = await machine.open({ ...machine.host(), startPoster: noPoster });
    await bank.deposit(ada, '1.00');
    writeFileSync(path, newer);
    for (const quick of [true, false]) {
      const { ok, asOf, steps } = await bank.verify({ quick });
      expect({ ok, asOf }).toEqual({ ok: true, asOf: 5 });
      const checked = quick ? '1 entries behind the checkpoint' : '5 entries in 4 batches';
      expect(steps.find(({ name }) => name === 'journal')?.checked).toBe(checked);
    }
    await bank.close();
  });
});

/** What each step finds in these files. A step that finds nothing is left out. */
async function problemsOf(files: PlayedProcess['files'], options: VerifyOptions = {}) {
  const { ok, steps } = await verifyFiles(files, options);
  const found = steps.filter(({ problems }) => problems.length > 0);
  expect(ok).toBe(found.length === 0);
  return Object.fromEntries(found.map(({ name, problems }) => [name, problems]));
}

const inSegment = (directory: string, index: number) =>
  join(directory, 'journal', segmentsIn(directory)[index] ?? '');

describe('verify of a bank of which somebody has taken or changed a file', () => {
  const FIRST = 'journal/000001-1.csv';
  const [SECOND, THIRD] = [2, 3].map((number) =>
    expect.stringMatching(new RegExp(`^journal/00000${number}-\\d+\\.csv$`)),
  );
  const oddPin = expect.stringMatching(/^it goes on from 000002-\d+.csv, not from 000001-1.csv$/);
  const problem = (file: unknown, what: unknown) => ({ file, what });
  const gone = (file: unknown) => problem(file, 'the segment is missing');
  const harmed: [string, (directory: string) => void, object][] = [
    ['nothing', () => {}, {}],
    [
      'the first page',
      (directory) => rmSync(pagePath(directory, ADA, 1)),
      { passbooks: [problem(pageOf(ADA), 'of 1 earlier pages some are missing')] },
    ],
    [
      'the first page, and there is the second',
      (directory) => copyFileSync(pagePath(directory, ADA, 2), pagePath(directory, ADA, 1)),
      { passbooks: [problem(pageOf(ADA, 1), 'the page of row 67 does not follow the one before')] },
    ],
    [
      'the first page, and there is the open one',
      (directory) => copyFileSync(pagePath(directory, ADA), pagePath(directory, ADA, 1)),
      { passbooks: [problem(pageOf(ADA, 1), 'its rows stand on the open page as well')] },
    ],
    [
      'an only page',
      (directory) => rmSync(pagePath(directory, BOB)),
      { passbooks: [problem(pageOf(BOB), MISSING)] },
    ],
    [
      'the first segment',
      (directory) => rmSync(inSegment(directory, 0)),
      { segments: [gone(FIRST)], journal: [gone(FIRST)] },
    ],
    [
      'the second segment',
      (directory) => rmSync(inSegment(directory, 1)),
      {
        segments: [problem(THIRD, oddPin)],
        journal: [problem(THIRD, oddPin)],
      },
    ],
    [
      'every segment',
      (directory) => {
        for (const name of segmentsIn(directory)) rmSync(join(directory, 'journal', name));
      },
      { segments: [gone(FIRST)], journal: [gone(FIRST)] },
    ],
    [
      'the head of one segment, and the last segment',
      (directory) => {
        flip(inSegment(directory, 1), 40);
        rmSync(inSegment(directory, 2));
      },
      {
        segments: [problem(SECOND, 'its head is broken')],
        journal: [problem(SECOND, 'its head is broken')],
      },
    ],
    [
      'the seal from which a segment goes on',
      (directory) => flip(inSegment(directory, 0), -2),
      {
        segments: [
          problem(
            FIRST,
            expect.stringMatching(/^at byte \d+ it is not what 000002-\d+.csv goes on from$/),
          ),
        ],
        journal: [problem(FIRST, expect.stringMatching(/^the batch at byte \d+ is broken$/))],
      },
    ],
    [
      'a queue',
      (directory) => rmSync(join(directory, 'desks/writer.queue'), { recursive: true }),
      { desks: [problem('desks/writer.queue', 'the folder is missing')] },
    ],
    [
      'the entry at which the checkpoint stands',
      (directory) => forgeCheckpoint(directory, { transfer: 204 }),
      { checkpoint: [problem(CHECKPOINT_FILE, 'it stands at entry 204; the journal ends at 203')] },
    ],
    [
      'the next account number in the checkpoint',
      (directory) => forgeCheckpoint(directory, {}, { nextAccount: 1004 }),
      {
        checkpoint: [
          problem(CHECKPOINT_FILE, 'it names 1004 as the next account number; it is 1003'),
        ],
      },
    ],
    [
      'the time in the checkpoint',
      (directory) => forgeCheckpoint(directory, {}, { bookedAt: '2026-01-01T00:00:00.000Z' }),
      {
        checkpoint: [
          problem(
            CHECKPOINT_FILE,
            'it says that entry 203 was booked at "2026-01-01T00:00:00.000Z"',
          ),
        ],
      },
    ],
  ];

  it.each(harmed)('tells all of it, once: %s', async (_, harm, expected) => {
    const directory = await closedBank();
    harm(directory);
    const { files } = await Machine.on(directory).start();
    expect(await problemsOf(files)).toEqual(expected);
    // What the journal does not tell cannot be held against the passbooks.
    const books = [
      'journal',
      ...('journal' in expected ? [] : ['checkpoint', 'passbooks', 'sums', 'index', 'keys']),
    ];
    const { steps } = await verifyFiles(files, {});
    expect(steps.map(({ name }) => name)).toEqual(['desks', 'segments', ...books, 'files']);
    const roles = 'desks' in expected ? ['poster'] : ['writer', 'poster'];
    expect(steps[0]?.checked.split(', ')).toEqual(
      roles.map((role) => expect.stringMatching(new RegExp(`^${role} in epoch \\d+$`))),
    );
  });

  it.each<[string, (directory: string) => void, object]>([
    ['nothing', () => {}, {}],
    [
      'the passbook of an account with a chosen id',
      (directory) => rmSync(pagePath(directory, SHOP)),
      { sums: [problem('accounts', 'USD adds up to -17000 minor units, not 0')] },
    ],
    [
      'the passbook of a number that was given out',
      (directory) => rmSync(pagePath(directory, BOB)),
      { passbooks: [problem('accounts', '1 of 2 accounts given out have no open page')] },
    ],
  ])('tells all of it by the ends alone: %s', async (_, harm, expected) => {
    const directory = await closedBank();
    harm(directory);
    const { files } = await Machine.on(directory).start();
    expect(await problemsOf(files, { quick: true })).toEqual(expected);
    const { steps } = await verifyFiles(files, { quick: true });
    const sums = 'passbooks' in expected ? [] : ['sums'];
    expect(steps.map(({ name }) => name)).toEqual([
      ...[
        'desks',
        'segments',
        'checkpoint',
        'journal',
        'passbooks',
        ...sums,
        'index',
        'keys',
        'files',
      ],
    ]);
    const pages = Object.keys(expected).length > 0 ? 3 : 4;
    expect(steps.slice(3, 5).map(({ checked }) => checked)).toEqual([
      '0 entries behind the checkpoint',
      `${pages} open pages`,
    ]);
  });

  it.each([false, true])(
    'names each passbook that is ahead of a journal of an older day: quick %s',
    async (quick) => {
      const directory = await closedBank();
      const old = [join(directory, CHECKPOINT_FILE), inSegment(directory, 2)];
      const bytes = old.map((path) => readFileSync(path));
      const bank = await openBank(directory);
      await bank.deposit(BOB, '1.00');
      await bank.close();
      for (const [index, path] of old.entries()) writeFileSync(path, bytes[index] ?? '');
      const machine = Machine.on(directory);
      machine.reboot();
      const { files } = await machine.start();
      const what = 'it shows entry 204, and the journal ends at entry 203';
      const { passbooks } = await problemsOf(files, { quick });
      expect(passbooks).toHaveLength(2);
      for (const id of [BOB, WORLD]) expect(passbooks).toContainEqual(problem(pageOf(id), what));
    },
  );

  it('says of a page that is broken no more than that, when it looks at ends alone', async () => {
    const directory = await closedBank();
    const checkpoint = readFileSync(join(directory, CHECKPOINT_FILE));
    const bank = await openBank(directory);
    await bank.deposit(BOB, '1.00');
    await bank.close();
    writeFileSync(join(directory, CHECKPOINT_FILE), checkpoint);
    flip(pagePath(directory, BOB), -3);
    const { files } = await Machine.on(directory).start();
    expect(await problemsOf(files, { quick: true })).toEqual({
      passbooks: [problem(pageOf(BOB), expect.stringMatching(/^row \d+ was changed$/))],
    });
  });
});

/** Writes a checkpoint as somebody would who knows how its check is made. */
function forgeCheckpoint(directory: string, position: object, other: object = {}): void {
  const path = join(directory, CHECKPOINT_FILE);
  const checkpoint = decodeCheckpoint(readFileSync(path, 'utf8'));
  const forged = { ...checkpoint, ...other, position: { ...checkpoint.position, ...position } };
  writeFileSync(path, encodeCheckpoint(forged));
}
