/** R1 to R7 of standstill.ts, as the disk and the locks see them. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { type Recovery, recover } from '#lib/recover.js';
import type { Host } from '#lib/store/host.js';
import { recoverBank } from '#lib/store/recover.js';
import { hooked, type Step } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../../machine/hooked-disk.js';
import { Machine } from '../../machine/processes.js';
import { namesIn, pagePath } from '../books.js';
import {
  ADA,
  BOB,
  booksOf,
  closedBank,
  closedBooks,
  expectRecovered,
  flip,
  pageOf,
  remove,
  segmentsIn,
} from './harm.js';

const APPLY = { apply: true } as const;
const STEPS: readonly Step['name'][] = ['makeFolder', 'rename', 'remove', 'sync', 'syncFolder'];

/** A process of which is noted what it changes and whose locks it has; it waits for nobody. */
function watched(machine: Machine) {
  const { directory } = machine;
  const steps: string[] = [];
  const unclosed: string[] = [];
  const note = (step: string) => {
    steps.push(step);
    if (steps.length > 1_000) throw new Error('it goes on for ever');
  };
  const own = machine.host((disk) =>
    hooked(disk, async ({ name, path }, go) => {
      const place = path
        .slice(directory.length + 1)
        .replace(/lost\+found\/[^/]+/, 'lost')
        .replace(/\d+-[0-9a-f]+-1-\d+-\d+-lock\d+/, 'own')
        .replace(/desks\/writer\/damaged-own\/repair-\d+-\d+/, 'paper')
        .replace(/-\d+-1$/, '');
      if (STEPS.includes(name)) note(`${name} ${place || '.'}`);
      const done = await go();
      if (name === 'open' || name === 'create') unclosed.push(place);
      const at = unclosed.indexOf(place);
      if (name === 'close' && at !== -1) unclosed.splice(at, 1);
      return done;
    }),
  );
  const host: Host = {
    ...own,
    system: {
      ...own.system,
      pause: () => {
        throw new Error('it waits');
      },
    },
    lockAt(path) {
      const lock = own.lockAt(path);
      const role = path.includes('writer') ? 'writer' : 'poster';
      return {
        ...lock,
        async tryTake(onLost) {
          const release = await lock.tryTake(onLost);
          note(release ? `lock ${role}` : `${role} is locked`);
          return (
            release &&
            (async () => {
              note(`unlock ${role}`);
              await release();
            })
          );
        },
      };
    },
  };
  return { pid: own.pid, host, steps, unclosed };
}

/** R7: the desks get their own names back, the one that everybody looks at last; the locks are let go. */
const postersBack = ['rename desks/poster/own', 'syncFolder desks/poster'];
const writersBack = [
  'rename desks/writer/own',
  'syncFolder desks/writer',
  'unlock writer',
  'unlock poster',
];

/** How the bank is taken over, once the desks are back: nothing is to be posted. */
const usedAgain = (segment: string) => [
  'lock writer',
  'rename desks/writer/own',
  'syncFolder journal',
  'sync desks/writer/own/segment',
  `rename journal/${segment}`,
  'syncFolder journal',
  'unlock writer',
];

const kept = (file: string) => [
  'sync paper',
  `rename lost/${file}`,
  `syncFolder ${join('lost', dirname(file))}`,
];
const published = (file: string) => ['sync paper', `rename ${file}`, `syncFolder ${dirname(file)}`];
const putAside = (file: string) => [
  ...kept(file),
  'rename paper',
  `syncFolder ${dirname(file)}`,
  'remove paper',
];
const made = (...folders: string[]) =>
  folders.flatMap((folder) => [`makeFolder ${folder}`, `syncFolder ${dirname(folder)}`]);
const madeLost = [
  'makeFolder lost+found',
  'syncFolder .',
  'makeFolder lost',
  'syncFolder lost+found',
];

it('recovery goes from R1 to R7, the journal before the passbooks, and each name lasts before the next', async () => {
  const directory = await closedBank();
  const before = await closedBooks();
  const segment = `journal/${segmentsIn(directory)[1]}`;
  const [desk = ''] = namesIn(directory, 'desks/writer');
  const second = `desks/writer/${desk.replace(/^\d+.*-/, '1-b0-1-7-7-')}`;
  const [own, open, extra] = [pageOf(BOB), pageOf(ADA), pageOf(ADA, 3)];
  flip(join(directory, segment), 2_000);
  copyFileSync(pagePath(directory, ADA, 2), join(directory, extra));
  remove(join(directory, open));
  remove(dirname(dirname(join(directory, own))));
  for (const folder of ['journal', 'accounts'])
    writeFileSync(join(directory, folder, 'notes.txt'), 'mine');
  mkdirSync(join(directory, second));
  const [poster = ''] = namesIn(directory, 'desks/poster');
  writeFileSync(join(directory, 'desks/writer', desk, 'page-9'), 'staged');
  writeFileSync(join(directory, 'desks/poster', poster, 'page-8'), 'staged');
  remove(join(directory, 'desks/poster.queue'));
  const { host, steps, unclosed } = watched(Machine.on(directory));
  const recovery = await recoverBank(host, directory, APPLY);
  const [page, folder] = [dirname(extra), dirname(own)];
  expect(steps).toEqual([
    // R1: the writer's desk is one of two, so its lock alone is taken.
    ...['', '/writer', '/writer.queue', '/poster', '/poster.queue'].map(
      (name) => `makeFolder desks${name}`,
    ),
    'syncFolder desks',
    'lock writer',
    // R2
    'rename desks/writer/damaged-own',
    'syncFolder desks/writer',
    // R3: the mark stays.
    'remove desks/writer/damaged-own/page-9',
    ...published('PAIN.csv'),
    // R1 to R3 once more: nobody who has the bank open goes on, so that the poster's role is let go of.
    'lock poster',
    'rename desks/poster/own',
    'rename desks/poster/damaged-own',
    'syncFolder desks/poster',
    'remove desks/poster/damaged-own/page-8',
    // R4 and R5
    ...madeLost,
    ...made('lost/desks', 'lost/desks/writer'),
    `rename lost/${second}`,
    'syncFolder lost/desks/writer',
    'syncFolder desks/writer',
    ...made('lost/accounts'),
    ...putAside('accounts/notes.txt'),
    ...made('lost/journal'),
    ...kept(segment),
    ...published(segment),
    ...putAside('journal/notes.txt'),
    ...made(`lost/${dirname(page)}`, `lost/${page}`),
    ...putAside(extra),
    ...published(open),
    ...made(dirname(folder), folder),
    ...published(own),
    // R6
    ...putAside('PAIN.csv'),
    // R7
    ...postersBack,
    'remove desks/writer/damaged-own/answered-5',
    ...writersBack,
    ...usedAgain('000004-8.csv'),
    'unlock writer',
  ]);
  expect(unclosed).toEqual([]);
  await expectRecovered(directory, before, recovery);
});

it('recovery makes desks that are missing, and keeps the notice that was there', async () => {
  const directory = await closedBank();
  const before = await closedBooks();
  const notice = 'when,what,where,do\n';
  remove(join(directory, 'desks/writer', ...namesIn(directory, 'desks/writer')));
  remove(join(directory, 'desks/poster'));
  writeFileSync(join(directory, 'PAIN.csv'), notice);
  const { host, steps, unclosed } = watched(Machine.on(directory));
  const found = [
    ['PAIN.csv', 'the bank was stopped: the notice says nothing', 'moved to lost+found'],
    ['desks/poster', 'the folder is missing', 'made anew'],
    ['desks/writer', 'the desk is missing', 'made anew'],
  ] as const;
  expect(await recoverBank(host, directory, {})).toEqual({
    state: 'problems',
    findings: found.map(([file, what, action]) => ({
      ...{ file, what, action, done: false },
    })),
    problems: found.map(([file, what]) => ({ file, what: `${what} (run with --apply)` })),
    stopped: true,
  });
  expect(steps).toEqual([]);
  const recovery = await recoverBank(host, directory, APPLY);
  expect(recovery).toEqual({
    state: 'repaired',
    findings: found.map(([file, what, action]) => ({ file, what, action, done: true })),
    problems: [],
    stopped: false,
  });
  expect(steps).toEqual([
    ...['', '/writer', '/writer.queue', '/poster'].map((name) => `makeFolder desks${name}`),
    'syncFolder desks',
    'makeFolder desks/poster.queue',
    'lock writer',
    'makeFolder desks/writer/damaged-own',
    'syncFolder desks/writer',
    'lock poster',
    'makeFolder desks/poster/damaged-own',
    'syncFolder desks/poster',
    ...madeLost,
    ...putAside('PAIN.csv'),
    ...postersBack,
    ...writersBack,
    ...usedAgain('000004-7.csv'),
    'unlock writer',
    'unlock poster',
  ]);
  expect(unclosed).toEqual([]);
  const [lost = ''] = namesIn(directory, 'lost+found');
  expect(readFileSync(join(directory, 'lost+found', lost, 'PAIN.csv'), 'utf8')).toBe(notice);
  await expectRecovered(directory, before, recovery);
});

it('recovery after a crash tells that it took the bank over and posted, and has let go of both roles', async () => {
  const machine = Machine.on(await closedBank());
  const { directory } = machine;
  const first = await machine.start();
  await first.bank.deposit(ADA, '1.00');
  machine.kill(first);
  machine.reboot();
  const { host, steps, unclosed } = watched(machine);
  expect(await recoverBank(host, directory, {})).toEqual({
    state: 'repaired',
    findings: [
      {
        file: 'journal',
        what: 'nobody had opened the bank since its machine started',
        action: 'taken over',
        done: true,
      },
      {
        file: 'accounts',
        what: '1 entries of the journal were not in the passbooks yet',
        action: 'posted',
        done: true,
      },
    ],
    problems: [],
    stopped: false,
  });
  // Whoever waits for the journal need not wait for the passbooks.
  expect(steps.filter((step) => step.includes('lock'))).toEqual([
    'lock writer',
    'unlock writer',
    'lock poster',
    'unlock poster',
  ]);
  expect(unclosed).toEqual([]);
});

it.each([false, true])(
  'recovery stops nobody in a bank with which nothing is wrong, --apply: %s',
  async (apply) => {
    const directory = await closedBank();
    const { host, steps, unclosed } = watched(Machine.on(directory));
    expect(await recoverBank(host, directory, { apply })).toEqual({
      ...{ state: 'clean', findings: [], problems: [], stopped: false },
    });
    expect(steps).toEqual([]);
    expect(unclosed).toEqual([]);
  },
);

it.each<[string, (desk: string) => void, string, string]>([
  [
    'was moved away',
    (desk) => renameSync(desk, join(dirname(desk), `damaged-${basename(desk)}`)),
    'desks/poster/damaged-',
    'the desk was moved away',
  ],
  ['is missing', remove, 'desks/poster', 'the desk is missing'],
  [
    'is one of several',
    (desk) => mkdirSync(join(dirname(desk), basename(desk).replace(/^\d+/, '9'))),
    'desks/poster',
    'there are several desks',
  ],
])(
  'a desk that %s is what the notice says as long as nothing else is known',
  async (_, harm, file, what) => {
    const directory = await closedBank();
    harm(join(directory, 'desks/poster', ...namesIn(directory, 'desks/poster')));
    forgetBoth(directory);
    const machine = Machine.on(directory);
    const { state } = await recoverBank(machine.host(), directory, APPLY);
    expect(state).toBe('problems');
    const notice = readFileSync(join(directory, 'PAIN.csv'), 'utf8');
    expect(notice).toContain(what);
    expect(notice).toContain(file);
  },
);

/** An entry of which neither book tells any more. */
function forgetBoth(directory: string): void {
  const path = join(directory, 'journal', segmentsIn(directory)[0] ?? '');
  flip(path, readFileSync(path).indexOf('deposit,4,') + 20);
  remove(pagePath(directory, ADA, 1));
}

/** A recovery that has published `file`, and goes on when it is told to. */
async function underWay(machine: Machine, file: string) {
  const { directory } = machine;
  let wake = () => {};
  const awake = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let isThere = () => {};
  const there = new Promise<void>((resolve) => {
    isThere = resolve;
  });
  const host = machine.host((disk) =>
    hooked(disk, async ({ name, path }, go) => {
      const done = await go();
      if (name === 'rename' && path === join(directory, file)) {
        isThere();
        await awake;
      }
      return done;
    }),
  );
  const run = recoverBank(host, directory, APPLY);
  await Promise.race([there, run]);
  expect(existsSync(join(directory, 'PAIN.csv'))).toBe(true);
  return { host, run, wake };
}

it('nobody waits for a recovery that was killed', async () => {
  const directory = await closedBank();
  flip(pagePath(directory, ADA, 1), 900);
  const machine = Machine.on(directory);
  machine.kill((await underWay(machine, pageOf(ADA, 1))).host);
  const { host, steps } = watched(machine);
  const recovery = await recoverBank(host, directory, APPLY);
  expect(steps.filter((step) => step.includes('lock')).slice(0, 4)).toEqual([
    'writer is locked',
    'lock writer',
    'poster is locked',
    'lock poster',
  ]);
  await expectRecovered(directory, await closedBooks(), recovery);
});

it('a recovery that lives is waited for, and who waited for long enough is told', async () => {
  const directory = await closedBank();
  flip(pagePath(directory, ADA, 1), 900);
  const machine = Machine.on(directory);
  const first = await underWay(machine, 'PAIN.csv');
  const { host } = watched(machine);
  let now = 0;
  let pauses = 0;
  const pause = () => {
    now += 1_000;
    if (++pauses > 60) throw new Error('it waits for ever');
    return { done: Promise.resolve(), wake: () => {} };
  };
  const system = { ...host.system, monotonic: () => now, pause };
  const other = recoverBank({ ...host, system }, directory, APPLY);
  await expect(other).rejects.toMatchObject({ code: 'BANK_BUSY' });
  expect(now).toBeGreaterThan(30_000);
  first.wake();
  await expectRecovered(directory, await closedBooks(), await first.run);
});

it.each<[string, RegExp, boolean]>([
  ['while it is repaired', /\/accounts\//, true],
  ['when it is let go', /\/journal\/0/, false],
])('a notice that somebody else put up %s stays, and is told', async (_, published, away) => {
  const directory = await closedBank();
  flip(pagePath(directory, ADA, 1), 900);
  const other = 'when,what,where,do\n"now","x","y","z"\n';
  const machine = Machine.on(directory);
  const host = machine.host((disk) =>
    hooked(disk, ({ name, path }, go) => {
      if (name === 'rename' && published.test(path) && !path.includes('lost+found'))
        writeFileSync(join(directory, 'PAIN.csv'), other);
      return go();
    }),
  );
  expect(await recoverBank(host, directory, APPLY)).toMatchObject({
    state: 'problems',
    findings: [{ file: pageOf(ADA, 1), done: true }],
    problems: [{ file: 'PAIN.csv', what: 'the bank was stopped: y: x (stopped now)' }],
    stopped: true,
  });
  expect(readFileSync(join(directory, 'PAIN.csv'), 'utf8')).toBe(other);
  expect(namesIn(directory, 'desks/writer')[0]?.startsWith('damaged-')).toBe(away);
});

/** A recovery that is cancelled behind the first step like this. */
async function cancelled(isThere: (step: Step) => boolean) {
  const directory = await closedBank();
  flip(pagePath(directory, ADA, 1), 900);
  const machine = Machine.on(directory);
  const stop = new AbortController();
  const host = machine.host((disk) =>
    hooked(disk, async (step, go) => {
      const done = await go();
      if (isThere(step)) stop.abort();
      return done;
    }),
  );
  const run = recoverBank(host, directory, { apply: true, signal: stop.signal });
  const outcome = await run.catch((error: unknown) => error);
  return { directory, machine, outcome };
}

it('cancelled before it has begun it changes nothing, and says nothing of a stop', async () => {
  const { directory, outcome } = await cancelled(({ name }) => name === 'list');
  expect(outcome).toMatchObject({
    code: 'CANCELLED',
    message: 'Cancelled before anything was booked.',
    hint: 'Ask again.',
  });
  expect(existsSync(join(directory, 'PAIN.csv'))).toBe(false);
});

const isNotice = ({ name, path }: Step) => name === 'rename' && path.endsWith('/PAIN.csv');

it('cancelled when it has stopped the bank it repairs nothing, and says that the bank is stopped', async () => {
  const { directory, machine, outcome } = await cancelled(isNotice);
  expect(outcome).toMatchObject({
    code: 'CANCELLED',
    message: 'Cancelled before anything was booked. The bank is stopped.',
    hint: 'It stays stopped until this has come to its end: run it again, with --apply.',
  });
  expect(namesIn(directory, '.')).not.toContain('lost+found');
  await expectRecovered(
    directory,
    await closedBooks(),
    await recoverBank(machine.host(), directory, APPLY),
  );
});

it.each<[string, (step: Step) => boolean]>([
  ['published a page', ({ name, path }) => name === 'rename' && path.includes('/accounts/')],
  ['let the bank go', ({ name, path }) => name === 'rename' && /\/writer\/\d[^/]*$/.test(path)],
])('cancelled when it has %s it goes on to its end', async (_, isThere) => {
  let seen = false;
  const { directory, outcome } = await cancelled((step) => {
    seen ||= isNotice(step);
    return seen && isThere(step);
  });
  await expectRecovered(directory, await closedBooks(), outcome as Recovery);
});

it('a disk that has no room says so, that the bank is stopped, and nothing of what was left as it was', async () => {
  const directory = await closedBank();
  flip(pagePath(directory, ADA, 1), 900);
  const machine = Machine.on(directory);
  const full = new FaultyDisk();
  full.fault = ({ name }) => (name === 'write' ? 'ENOSPC' : undefined);
  await expect(recoverBank(machine.host(full.on), directory, APPLY)).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringMatching(/^The disk is full \(.*\)\. The bank is stopped\.$/),
    hint: expect.not.stringContaining('nothing was changed'),
  });
  await expectRecovered(
    directory,
    await closedBooks(),
    await recoverBank(machine.host(), directory, APPLY),
  );
});

it('a disk that fails when the bank is repaired and let go is told of, and that it is repaired', async () => {
  const directory = await closedBank();
  flip(pagePath(directory, ADA, 1), 900);
  const machine = Machine.on(directory);
  const full = new FaultyDisk();
  full.fault = ({ name, path }) =>
    name === 'create' && path.includes('/segment-') ? 'ENOSPC' : undefined;
  await expect(recoverBank(machine.host(full.on), directory, APPLY)).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringMatching(/ What was damaged has been repaired before\.$/),
    hint: 'Run this again: it says whether anything is left.',
  });
  expect(existsSync(join(directory, 'PAIN.csv'))).toBe(false);
  expect(await booksOf(directory)).toEqual(await closedBooks());
});

it('a bank of a newer format is refused as such', async () => {
  const directory = await closedBank();
  const path = join(directory, 'bank.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"version": 1', '"version": 2'));
  await expect(recover(directory)).rejects.toMatchObject({ code: 'BANK_TOO_NEW' });
});
