import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { decodeControl, encodeBatch } from '#lib/format/journal-row.js';
import { recover } from '#lib/recover.js';
import { recoverBank } from '#lib/store/recover.js';
import { Machine, newDirectory, noPoster } from '../../machine/processes.js';
import { expectClean, namesIn, pagePath, rowsOn } from '../books.js';
import {
  ADA,
  BOB,
  booksOf,
  closedBank,
  closedBooks,
  cut,
  expectRecovered,
  flip,
  pageOf,
  remove,
  SHOP,
  segmentsIn,
  some,
  swap,
  treeOf,
  WORLD,
  zero,
} from './harm.js';

type Harm = (path: string) => void;
const HARMS: Record<string, Harm> = {
  'a byte of its head flipped': (path) => flip(path, 40),
  'a byte in its middle flipped': (path) => flip(path, readFileSync(path).length >> 1),
  'its last byte but one flipped': (path) => flip(path, -2),
  'cut in the middle': (path) => cut(path, readFileSync(path).length >> 1),
  'cut by one byte': (path) => cut(path, readFileSync(path).length - 1),
  emptied: (path) => cut(path, 0),
  'zeroed in the middle': (path) => {
    const half = readFileSync(path).length >> 1;
    zero(path, half - 50, half + 50);
  },
  'zeroed from the start': (path) => zero(path, 0, 400),
  'zeroed wholly': (path) => zero(path, 0, readFileSync(path).length),
  gone: remove,
};

/** What is broken, and the file that must be named. */
const PLACES: [string, (directory: string) => string][] = [
  ['the open page of ada', () => pageOf(ADA)],
  ['the first sealed page of ada', () => pageOf(ADA, 1)],
  ['the second sealed page of ada', () => pageOf(ADA, 2)],
  ['the only page of bob', () => pageOf(BOB)],
  ['the open page of the outside', () => pageOf(WORLD)],
  ['a sealed page of the outside', () => pageOf(WORLD, 2)],
];

const pagesIn = (tree: Record<string, string>) =>
  Object.fromEntries(Object.entries(tree).filter(([name]) => name.startsWith('accounts/')));

async function prepared() {
  const directory = await closedBank();
  return { directory, before: await closedBooks(), tree: treeOf(directory) };
}

describe('a passbook page that is broken', () => {
  for (const [index, [place, fileIn]] of PLACES.entries()) {
    it.each(some(Object.keys(HARMS), index))(
      `is written again, byte for byte: ${place}, %s`,
      async (name) => {
        const { directory, before, tree } = await prepared();
        const file = fileIn(directory);
        const broken = join(directory, file);
        HARMS[name]?.(broken);
        const bytes = existsSync(broken) ? readFileSync(broken, 'latin1') : undefined;

        const told = await recover(directory);
        expect(told.state).toBe('problems');
        expect(told.findings.every(({ done }) => !done)).toBe(true);
        expect(existsSync(join(directory, 'lost+found'))).toBe(false);

        const recovery = await recover(directory, { apply: true });
        const named = recovery.findings.map((finding) => finding.file);
        const number = /\.(\d{4})\.csv$/.exec(file)?.[0] ?? '.csv';
        // A missing page is named by the open one, which tells that it is missing.
        expect([file, file.replace(number, '.csv')].some((one) => named.includes(one))).toBe(true);
        await expectRecovered(directory, before, recovery);
        expect(pagesIn(treeOf(directory))).toEqual(pagesIn(tree));
        const [lost = ''] = namesIn(directory, 'lost+found');
        const kept = join(directory, 'lost+found', lost, file);
        expect(existsSync(kept) ? readFileSync(kept, 'latin1') : undefined).toBe(bytes);
        expect(await recover(directory, { apply: true })).toMatchObject({ state: 'clean' });
      },
    );
  }

  it('is told with the account, its holder, the rows and the balances', async () => {
    const { directory } = await prepared();
    flip(pagePath(directory, ADA, 2), 900);
    const { findings } = await recover(directory, { apply: true });
    const [finding] = findings;
    expect(finding).toMatchObject({
      file: pageOf(ADA, 2),
      done: true,
      account: {
        id: ADA,
        holder: 'Ada Smith',
        currency: 'USD',
        before: '197.00',
        after: '197.00',
      },
    });
    expect(finding?.action).toBe('a10017.0002.csv written again from the journal');
  });

  it.each<[string, string, number[], Harm]>([
    ['their first rows tell where they began', ADA, [1, 2], (path) => flip(path, 40)],
    ['they were of one length', WORLD, [2, 3], (path) => cut(path, 0)],
  ])(
    'may be one of two in a row, and both are written again byte for byte: %s',
    async (_, id, pages, harm) => {
      const { directory, before, tree } = await prepared();
      for (const page of pages) harm(pagePath(directory, id, page));
      await expectRecovered(directory, before, await recover(directory, { apply: true }));
      expect(pagesIn(treeOf(directory))).toEqual(pagesIn(tree));
    },
  );

  it('may be one of all: every passbook is written again from the journal', async () => {
    const { directory, before } = await prepared();
    remove(join(directory, 'accounts'));
    mkdirSync(join(directory, 'accounts'));
    await expectRecovered(directory, before, await recover(directory, { apply: true }));
  });

  it('may be one of all in one passbook', async () => {
    const { directory, before } = await prepared();
    const pages = [1, 2, undefined];
    for (const page of pages) remove(pagePath(directory, ADA, page));
    await expectRecovered(directory, before, await recover(directory, { apply: true }));
    // No open page has more than 64 rows.
    expect(pages.map((page) => rowsOn(directory, ADA, page).length)).toEqual([64, 64, 6]);
  });
});

describe('files that are whole, and not where they belong', () => {
  it.each<[string, (directory: string) => string]>([
    [
      'the pages of two accounts swapped',
      (directory) => {
        swap(pagePath(directory, ADA), pagePath(directory, BOB));
        return pageOf(ADA);
      },
    ],
    [
      'two sealed pages of one account swapped',
      (directory) => {
        swap(pagePath(directory, ADA, 1), pagePath(directory, ADA, 2));
        return pageOf(ADA, 1);
      },
    ],
    [
      'a sealed page and the open one swapped',
      (directory) => {
        swap(pagePath(directory, ADA, 2), pagePath(directory, ADA));
        return pageOf(ADA, 1);
      },
    ],
    [
      'a later sealed page in the place of the first',
      (directory) => {
        copyFileSync(pagePath(directory, WORLD, 3), pagePath(directory, WORLD, 1));
        return pageOf(WORLD, 1);
      },
    ],
    [
      'a page in another folder as well',
      (directory) => {
        const file = join('accounts', '00', '00', `${ADA}.csv`);
        mkdirSync(dirname(join(directory, file)), { recursive: true });
        copyFileSync(pagePath(directory, ADA), join(directory, file));
        return file;
      },
    ],
    [
      'a sealed page under the next number as well',
      (directory) => {
        copyFileSync(pagePath(directory, ADA, 2), pagePath(directory, ADA, 3));
        return pageOf(ADA, 3);
      },
    ],
    [
      'a file where a folder of passbooks belongs',
      (directory) => {
        writeFileSync(join(directory, 'accounts', '00'), 'mine');
        return 'accounts/00';
      },
    ],
    [
      'somebody’s notes',
      (directory) => {
        writeFileSync(join(directory, 'accounts', 'notes.txt'), 'mine');
        return 'accounts/notes.txt';
      },
    ],
  ])('%s', async (_, harm) => {
    const { directory, before, tree } = await prepared();
    const file = harm(directory);
    const bank = await openBank(directory);
    const { ok, steps } = await bank.verify();
    expect(ok).toBe(false);
    const found = steps.flatMap(({ problems }) => problems.map((problem) => problem.file));
    if (!file.endsWith('0001.csv')) expect(found).toContain(file);
    await bank.close().catch(() => {});
    const recovery = await recover(directory, { apply: true });
    await expectRecovered(directory, before, recovery);
    expect(pagesIn(treeOf(directory))).toEqual(pagesIn(tree));
  });

  it('a page of an account of which nothing was posted yet: put aside, and posted then', async () => {
    const machine = await Machine.withBank();
    const { directory } = machine;
    const host = { ...machine.host(), startPoster: noPoster };
    const first = await machine.open(host);
    await first.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await first.deposit(ADA, '100.00');
    machine.kill(host);
    const path = pagePath(directory, ADA);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'mine');
    const recovery = await recoverBank(machine.host(), directory, { apply: true });
    expect(recovery).toMatchObject({ state: 'repaired', problems: [] });
    expect(recovery.findings[0]).toMatchObject({
      file: pageOf(ADA),
      what: 'it is no page of the passbook',
      action: 'moved to lost+found',
    });
    const { bank } = await machine.start();
    expect((await bank.balance(ADA)).ledger.amount).toBe('100.00');
    await expectClean(bank);
    await bank.close();
  });

  it('an older copy of a page put back: rows that are missing are written again', async () => {
    const directory = await closedBank();
    copyFileSync(pagePath(directory, BOB), `${directory}-old`);
    const bank = await openBank(directory);
    await bank.deposit(BOB, '7.00');
    await bank.close();
    const before = await booksOf(directory);
    copyFileSync(`${directory}-old`, pagePath(directory, BOB));
    const recovery = await recover(directory, { apply: true });
    expect(recovery.findings[0]?.account).toMatchObject({ before: '120.00', after: '127.00' });
    await expectRecovered(directory, before, recovery);
  });

  it('an older open page, of before a page turn', async () => {
    const directory = await closedBank();
    copyFileSync(pagePath(directory, SHOP), `${directory}-old`);
    const bank = await openBank(directory);
    await bank.transferMany(Array.from({ length: 70 }, () => ({ to: SHOP, amount: '1.00' })));
    await bank.close();
    const before = await booksOf(directory);
    const tree = treeOf(directory);
    copyFileSync(`${directory}-old`, pagePath(directory, SHOP));
    await expectRecovered(directory, before, await recover(directory, { apply: true }));
    expect(pagesIn(treeOf(directory))).toEqual(pagesIn(tree));
  });
});

/** What hits no more than the last writer's `leave`: the next one begins a segment. */
const LEAVE_ONLY = ['its last byte but one flipped', 'cut by one byte'];

describe('a segment of the journal that is broken', () => {
  it.each(LEAVE_ONLY)('%s, the last: no more than a leave, and nobody is harmed', async (name) => {
    const { directory, before } = await prepared();
    HARMS[name]?.(join(directory, 'journal', segmentsIn(directory)[2] ?? ''));
    expect(await booksOf(directory)).toEqual(before);
    expect(await recover(directory)).toMatchObject({ state: 'clean' });
  });

  for (const index of [0, 1, 2]) {
    const harms = Object.keys(HARMS).filter((name) => index < 2 || !LEAVE_ONLY.includes(name));
    it.each(some(harms, index))(`number ${index + 1}, %s`, async (name) => {
      const { directory, before, tree } = await prepared();
      const file = `journal/${segmentsIn(directory)[index]}`;
      HARMS[name]?.(join(directory, file));
      const told = await recover(directory);
      expect(told.state, JSON.stringify(told)).toBe('problems');
      expect(existsSync(join(directory, 'lost+found'))).toBe(false);
      const recovery = await recover(directory, { apply: true });
      await expectRecovered(directory, before, recovery);
      expect(recovery.findings.map((finding) => finding.file)).toContain(file);
      expect(pagesIn(treeOf(directory))).toEqual(pagesIn(tree));
      expect(await recover(directory, { apply: true })).toMatchObject({ state: 'clean' });
    });
  }

  it('keeps every seal where one byte was flipped', async () => {
    const { directory, tree } = await prepared();
    const file = `journal/${segmentsIn(directory)[1]}`;
    flip(join(directory, file), 2_000);
    const { findings } = await recover(directory, { apply: true });
    expect(findings[0]?.action).toMatch(/every seal fits$/);
    expect(treeOf(directory)[file]).toBe(tree[file]);
  });

  it('keeps every seal where a writer lost that of its only batch', async () => {
    const directory = await closedBank();
    const machine = Machine.on(directory);
    const file = `journal/${segmentsIn(directory).at(-1)}`;
    for (let turn = 0; turn < 2; turn++) {
      const writer = await machine.start();
      await writer.bank.deposit(BOB, '7.00');
      await writer.bank.posted();
      machine.kill(writer); // Who comes next begins a segment.
    }
    const before = await booksOf(directory);
    const tree = treeOf(directory);
    const [segment = ''] = tree[file]?.split('\0') ?? [];
    const at = segment.lastIndexOf('\nseal,');
    // Another digit: the row says still whose it is.
    flip(join(directory, file), at + segment.slice(at).search(/[0-9](?=[0-9a-f]*\n$)/));
    const recovery = await recoverBank(machine.host(), directory, { apply: true });
    expect(recovery.findings[0]).toMatchObject({
      file,
      action:
        'entries 204 to 204 written again from the passbooks of their accounts; every seal fits',
    });
    expect(treeOf(directory)[file]).toBe(tree[file]);
    await expectRecovered(directory, before, recovery);
  });

  it.each(['first', 'all'])('%s gone: the passbooks tell every entry', async (which) => {
    const { directory, before } = await prepared();
    const names = segmentsIn(directory);
    for (const name of which === 'all' ? names : names.slice(0, 1))
      remove(join(directory, 'journal', name));
    await expectRecovered(directory, before, await recover(directory, { apply: true }));
  });

  it.each([false, true])(
    'older copies of the last segment and of the checkpoint put back, found quick: %s',
    async (quick) => {
      const directory = await closedBank();
      const last = segmentsIn(directory).at(-1) ?? '';
      const files = [join(directory, 'journal', last), join(directory, 'journal/checkpoint.csv')];
      const old = files.map((path) => readFileSync(path));
      const bank = await openBank(directory);
      await bank.transfer({ from: ADA, to: BOB, amount: '60.00' });
      await bank.close();
      const before = await booksOf(directory);
      for (const [index, path] of files.entries()) writeFileSync(path, old[index] ?? '');
      // As after a restart of the machine: no mark tells how far was answered.
      const desk = join(directory, 'desks/writer', namesIn(directory, 'desks/writer')[0] ?? '');
      for (const mark of readdirSync(desk)) remove(join(desk, mark));
      const open = await openBank(directory);
      expect((await open.verify({ quick })).ok).toBe(false);
      await open.close().catch(() => {});
      await expectRecovered(directory, before, await recover(directory, { apply: true }));
    },
  );

  it('a segment sealed anew at its end, which the next does not pin: all behind goes on from there', async () => {
    const { directory, before } = await prepared();
    const [first = '', second = ''] = segmentsIn(directory);
    const path = join(directory, 'journal', first);
    const rows = readFileSync(path, 'utf8').split(/(?<=\n)/);
    const [previous = '', line = '', seal = ''] = rows.splice(-3);
    const { transfer = 0, epoch = 0, count = 0 } = decodeControl(seal.trimEnd()) ?? {};
    const other = { transfer, epoch: epoch + 1, count, previous: previous.slice(-65, -1) };
    const batch = encodeBatch(line, other).bytes.toString();
    writeFileSync(path, [...rows, previous, batch].join(''));
    const recovery = await recover(directory, { apply: true });
    expect(recovery.findings[0]).toMatchObject({
      file: `journal/${second}`,
      what: `its pin is not the seal of ${first}`,
    });
    expect(recovery.findings[0]?.action).toContain('no entry was in it');
    await expectRecovered(directory, before, recovery);
  });

  it('two segments swapped', async () => {
    const { directory, before } = await prepared();
    const [, second = '', third = ''] = segmentsIn(directory).map((name) =>
      join(directory, 'journal', name),
    );
    swap(second, third);
    await expectRecovered(directory, before, await recover(directory, { apply: true }));
  });
});

describe('the checkpoint', () => {
  it.each(some(Object.entries(HARMS).filter(([name]) => name !== 'zeroed from the start')))(
    '%s: made anew, and all is posted again',
    async (_, harm) => {
      const { directory, before, tree } = await prepared();
      harm(join(directory, 'journal/checkpoint.csv'));
      const recovery = await recover(directory, { apply: true });
      await expectRecovered(directory, before, recovery);
      expect(pagesIn(treeOf(directory))).toEqual(pagesIn(tree));
    },
  );

  it('of another bank, or of an older day: nobody reads a wrong balance', async () => {
    const { directory, before } = await prepared();
    const path = join(directory, 'journal/checkpoint.csv');
    const old = readFileSync(path);
    const bank = await openBank(directory);
    await bank.deposit(ADA, '1.00');
    await bank.close();
    writeFileSync(path, old);
    const again = await openBank(directory);
    expect((await again.balance(ADA)).ledger.amount).toBe('198.00');
    await again.withdraw(ADA, '1.00');
    await again.close();
    const after = await booksOf(directory);
    expect(after[ADA]).toBe(
      before[ADA]?.replace(/\d+ rows/, (rows) => `${Number.parseInt(rows, 10) + 2} rows`),
    );
  });
});

describe('desks, marks and the notice', () => {
  const deskOf = (directory: string, role: string) =>
    join(directory, 'desks', role, namesIn(directory, `desks/${role}`)[0] ?? '');

  const harmed: [string, (directory: string) => void][] = [
    ['the writer’s desk gone', (directory) => remove(deskOf(directory, 'writer'))],
    ['the poster’s desk gone', (directory) => remove(deskOf(directory, 'poster'))],
    ['its folder gone', (directory) => remove(join(directory, 'desks/writer'))],
    ['all desks gone', (directory) => remove(join(directory, 'desks'))],
    ['a queue gone', (directory) => remove(join(directory, 'desks/writer.queue'))],
    ['one of two', (directory) => mkdirSync(`${deskOf(directory, 'writer')}0`)],
    [
      'a notice, and nothing wrong',
      (directory) => writeFileSync(join(directory, 'PAIN.csv'), 'when,what,where,do\n'),
    ],
    ['an empty notice', (directory) => writeFileSync(join(directory, 'PAIN.csv'), '')],
  ];

  it.each(some(harmed))('%s', async (_, harm) => {
    const { directory, before, tree } = await prepared();
    harm(directory);
    const recovery = await recover(directory, { apply: true });
    await expectRecovered(directory, before, recovery);
    expect(pagesIn(treeOf(directory))).toEqual(pagesIn(tree));
  });

  it('a second desk in each role is told, and put aside with what lies in it', async () => {
    const { directory, before } = await prepared();
    const seconds = ['writer', 'poster'].map((role) => {
      const name = basename(deskOf(directory, role)).replace(/^\d+/, '1');
      return `desks/${role}/${name}`;
    });
    for (const second of seconds) {
      mkdirSync(join(directory, second));
      writeFileSync(join(directory, second, 'page-1-1'), 'staged');
    }
    const told = seconds.map((file) => ({
      ...{ file, what: 'there is a second desk, of epoch 1', action: 'moved to lost+found' },
    }));
    const { state, findings } = await recover(directory);
    expect(state).toBe('problems');
    expect(findings).toMatchObject(told);
    const recovery = await recover(directory, { apply: true });
    expect(recovery.findings).toMatchObject(told);
    await expectRecovered(directory, before, recovery);
    const [lost = ''] = namesIn(directory, 'lost+found');
    for (const second of seconds)
      expect(existsSync(join(directory, 'lost+found', lost, second, 'page-1-1'))).toBe(true);
  });

  it.each(some(Object.keys(HARMS).filter((name) => name !== 'zeroed from the start')))(
    'a mark with %s harms nobody: it is no more than how far has been answered',
    async (name) => {
      const { directory, before } = await prepared();
      const desk = deskOf(directory, 'writer');
      for (const mark of readdirSync(desk)) HARMS[name]?.(join(desk, mark));
      expect(await booksOf(directory)).toEqual(before);
      const bank = await openBank(directory);
      await bank.deposit(ADA, '1.00');
      expect((await bank.balance(ADA)).ledger.amount).toBe('198.00');
      expect((await bank.verify()).ok).toBe(true);
      await bank.close();
    },
  );
});

describe('what neither book proves is reported, and the bank stays stopped', () => {
  const broken: [string, (directory: string) => void][] = [
    ['bank.json gone', (directory) => remove(join(directory, 'bank.json'))],
    ['bank.json cut', (directory) => cut(join(directory, 'bank.json'), 100)],
    [
      'a byte of bank.json changed: the digits of another currency',
      (directory) => {
        const path = join(directory, 'bank.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace('"EUR":2', '"EUR":3'));
      },
    ],
    [
      'an entry lost in both books',
      (directory) => {
        const path = join(directory, 'journal', segmentsIn(directory)[0] ?? '');
        flip(path, readFileSync(path).indexOf('deposit,4,') + 20);
        remove(pagePath(directory, ADA, 1));
      },
    ],
    [
      'the end of the journal lost, and a passbook that showed it',
      (directory) => {
        const path = join(directory, 'journal', segmentsIn(directory)[2] ?? '');
        cut(path, 600);
        remove(pagePath(directory, SHOP));
      },
    ],
    [
      'a passbook whose account the journal does not know',
      (directory) => {
        const own = readFileSync(pagePath(directory, BOB), 'utf8');
        const path = pagePath(directory, 'stranger');
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, own);
      },
    ],
  ];

  it.each(broken)('%s', async (_, harm) => {
    const { directory } = await prepared();
    harm(directory);
    const tree = treeOf(directory);
    for (const apply of [false, true, true]) {
      const { state, problems, findings } = await recover(directory, { apply });
      expect(state).toBe('problems');
      expect(problems.length).toBeGreaterThan(0);
      expect(findings.filter(({ done }) => done)).toEqual([]);
      expect(treeOf(directory)).toEqual(tree);
    }
    await expect(openBank(directory)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });

  it.each([
    ['bank.json', 'it is missing, and the rest of a bank is there'],
    ['bank.json and the checkpoint', 'the file is missing'],
  ])('%s gone: told, and that a backup is what helps', async (gone, what) => {
    const { directory } = await prepared();
    remove(join(directory, 'bank.json'));
    if (gone.endsWith('checkpoint')) remove(join(directory, 'journal/checkpoint.csv'));
    const rest = 'nothing else tells the digits of each currency: bring it back from a backup';
    for (const apply of [false, true])
      expect(await recover(directory, { apply })).toEqual({
        state: 'problems',
        findings: [],
        stopped: true,
        problems: [{ file: 'bank.json', what: `${what}; ${rest}` }],
      });
  });
});

it.each([[[]], [['accounts']], [['journal']]])(
  'a folder is no bank that has no bank.json, and of the folders of one only %j',
  async (folders) => {
    const directory = newDirectory();
    for (const name of ['pictures', ...folders])
      mkdirSync(join(directory, name), { recursive: true });
    for (const apply of [false, true])
      await expect(recover(directory, { apply })).rejects.toMatchObject({
        code: 'BANK_NOT_FOUND',
      });
    expect(readdirSync(directory).sort()).toEqual([...folders, 'pictures']);
  },
);
