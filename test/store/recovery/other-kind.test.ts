import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { recover } from '#lib/recover.js';
import { CHECKPOINT_FILE } from '#lib/store/checkpoint.js';
import { recoverBank } from '#lib/store/recover.js';
import { changes, hooked } from '#lib/testing/hooked-disk.js';
import { Machine } from '../../machine/processes.js';
import { sample } from '../../sample.js';
import { namesIn } from '../books.js';
import { ADA, BOB, closedBank, closedBooks, expectRecovered, pageOf, segmentsIn } from './harm.js';

const NO_FILE = 'it is a folder where a file belongs';
const NO_FOLDER = 'it is a file where a folder belongs';
const NOWHERE = 'it is a link that leads nowhere';

/** What may lie in the place of a file, and what is said of it; '' where it is as if nothing had the name. */
const OTHERS: Record<string, [(path: string) => void, string]> = {
  'a folder': [
    (path) => {
      mkdirSync(path);
      writeFileSync(join(path, 'notes.txt'), 'mine');
    },
    NO_FILE,
  ],
  'a link to nowhere': [(path) => symlinkSync('/nowhere/at/all', path), ''],
  'a link in a circle': [(path) => symlinkSync(path, path), NOWHERE],
};

const deskOf = (directory: string) =>
  `desks/writer/${namesIn(directory, 'desks/writer').find((name) => /^\d/.test(name))}`;
const segment = (index: number) => (directory: string) => `journal/${segmentsIn(directory)[index]}`;

/** The files, and what is said of which where nothing has the name. */
const FILES: Record<string, [(directory: string) => string, what: string, file?: string]> = {
  'an open page': [() => pageOf(BOB), 'the passbook is missing'],
  'an open page behind others': [
    () => pageOf(ADA),
    'the open page is missing; there are 2 earlier ones',
  ],
  'an earlier page': [() => pageOf(ADA, 1), 'of 1 earlier pages some are missing', pageOf(ADA)],
  'the first segment': [segment(0), 'the segment is missing'],
  'a segment': [segment(1), NOWHERE],
  'the checkpoint': [() => CHECKPOINT_FILE, 'the file is missing'],
  'the notice': [() => 'PAIN.csv', NOWHERE],
  'a mark': [(directory) => `${deskOf(directory)}/answered-99`, NOWHERE],
  'a paper on the desk': [(directory) => `${deskOf(directory)}/segment-9-1`, NOWHERE],
  'a ticket': [(directory) => `desks/writer.queue/${basename(deskOf(directory))}`, NOWHERE],
};

const statusOf = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${lstatSync(join(directory, name)).mtimeMs}`);

/** Whether something of that name lies in lost+found that is as `put` makes it. */
function isKept(directory: string, name: string): boolean {
  const lost = join(directory, 'lost+found');
  return readdirSync(lost, { recursive: true, encoding: 'utf8' }).some((path) => {
    const isLike = (file: string) => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink();
    if (basename(path) !== name) return false;
    return isLike(join(lost, path)) || existsSync(join(lost, path, 'notes.txt'));
  });
}

/** A dry run tells `found` and changes nothing; then all is repaired. */
async function expectRepair(directory: string, found: { file: string; what: string }) {
  const status = statusOf(directory);
  const dry = await recover(directory);
  expect(dry.findings).toContainEqual(expect.objectContaining(found));
  expect(dry.state).toBe('problems');
  expect(statusOf(directory)).toEqual(status);
  const recovery = await recover(directory, { apply: true });
  expect(recovery.findings).toContainEqual(expect.objectContaining(found));
  await expectRecovered(directory, await closedBooks(), recovery);
}

describe('in the place of a file', () => {
  for (const [index, [other, [put, what]]] of Object.entries(OTHERS).entries()) {
    it.each(sample(Object.entries(FILES), 3, index))(
      `${other} is named, kept and put aside: %s`,
      async (_, [of, none, missing]) => {
        const directory = await closedBank();
        const file = of(directory);
        rmSync(join(directory, file), { force: true });
        put(join(directory, file));
        // A desk has another name by the time it is put right.
        const isMark = file.startsWith('desks/writer/');
        const named = isMark
          ? expect.stringMatching(/^desks\/writer\/[^/]+\/(?:answered-99|segment-9-1)$/)
          : file;
        const found = { file: what ? named : (missing ?? named), what: what || none };
        await expectRepair(directory, found);
        expect(isKept(directory, basename(file))).toBe(true);
      },
    );
  }

  it.each(Object.entries(OTHERS))(
    '%s stops a bank without its bank.json: nothing is changed',
    async (_, [put, what]) => {
      const directory = await closedBank();
      rmSync(join(directory, 'bank.json'));
      put(join(directory, 'bank.json'));
      const status = statusOf(directory);
      const found = what || 'it is missing, and the rest of a bank is there';
      await expect(openBank(directory)).rejects.toMatchObject({
        code: 'BANK_DAMAGED',
        details: { file: 'bank.json', what: found },
      });
      for (const apply of [false, true]) {
        expect(await recover(directory, { apply })).toMatchObject({
          state: 'problems',
          problems: [{ file: 'bank.json', what: expect.stringContaining(found) }],
        });
      }
      expect(statusOf(directory)).toEqual(status);
    },
  );

  it('a folder that has the name of a page which the passbook has not is put aside', async () => {
    const directory = await closedBank();
    const file = pageOf(BOB, 9);
    mkdirSync(join(directory, file));
    await expectRepair(directory, { file, what: 'it is no page of the passbook' });
    expect(existsSync(join(directory, file))).toBe(false);
  });

  it.each(Object.entries(OTHERS))(
    '%s is named by who asks for the account',
    async (_, [put, what]) => {
      const directory = await closedBank();
      const path = join(directory, pageOf(BOB));
      rmSync(path);
      put(path);
      const bank = await openBank(directory);
      await expect(bank.balance(BOB)).rejects.toMatchObject({
        code: 'BANK_DAMAGED',
        details: { file: pageOf(BOB), what: what || 'the passbook is missing' },
      });
      await bank.close();
      expect(existsSync(join(directory, 'PAIN.csv'))).toBe(true);
    },
  );
});

describe('in the place of a folder', () => {
  const outer = dirname(dirname(pageOf(BOB)));
  it.each([
    ['accounts', 'accounts'],
    [outer, outer],
    [dirname(pageOf(BOB)), dirname(pageOf(BOB))],
    ['desks', 'desks'],
    ['desks/writer', 'desks/writer'],
    ['desks/poster.queue', 'desks/poster.queue'],
  ])('a file is named, kept and put aside: %s', async (folder, file) => {
    const directory = await closedBank();
    rmSync(join(directory, folder), { recursive: true });
    writeFileSync(join(directory, folder), 'mine');
    const { findings } = await recover(directory);
    const told = findings.filter((found) => found.file === file && found.what === NO_FOLDER);
    expect(told, 'once').toHaveLength(1);
    await expectRepair(directory, { file, what: NO_FOLDER });
    const lost = join(directory, 'lost+found');
    const kept = readdirSync(lost, { recursive: true, encoding: 'utf8' });
    expect(kept.some((path) => path.endsWith(`Z/${folder}`))).toBe(true);
  });

  it('a file is kept, durably and with its name, before it is taken away', async () => {
    const directory = await closedBank();
    const folder = 'desks/poster.queue';
    rmSync(join(directory, folder), { recursive: true });
    writeFileSync(join(directory, folder), 'mine');
    const steps: string[] = [];
    const host = Machine.on(directory).host((disk) =>
      hooked(disk, (step, go) => {
        const place = step.path.slice(directory.length + 1).replace(/\/[^/]+Z\//, '/');
        if (changes(step)) steps.push(`${step.name} ${place}`);
        return go();
      }),
    );
    await recoverBank(host, directory, { apply: true });
    const first = steps.indexOf(`create lost+found/${folder}`);
    expect(steps.slice(first, first + 6)).toEqual([
      ...['create', 'write', 'sync', 'close'].map((name) => `${name} lost+found/${folder}`),
      'syncFolder lost+found/desks',
      `remove ${folder}`,
    ]);
  });

  it('a file is named, kept and put aside: a desk', async () => {
    const directory = await closedBank();
    const desk = deskOf(directory);
    rmSync(join(directory, desk), { recursive: true });
    writeFileSync(join(directory, desk), 'mine');
    const bank = await openBank(directory);
    await expect(bank.deposit(ADA, '1.00')).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    await bank.close().catch(() => {});
    const recovery = await recover(directory, { apply: true });
    expect(recovery.findings.map(({ what }) => what)).toContain(NO_FOLDER);
    await expectRecovered(directory, await closedBooks(), recovery);
  });

  it('a link to nowhere makes room: the desks’ own', async () => {
    const directory = await closedBank();
    rmSync(join(directory, 'desks/poster.queue'), { recursive: true });
    symlinkSync('/nowhere/at/all', join(directory, 'desks/poster.queue'));
    await expectRepair(directory, { file: 'desks/poster.queue', what: 'the folder is missing' });
  });

  it('nothing is made anew, and all is repaired: the journal’s own', async () => {
    const directory = await closedBank();
    rmSync(join(directory, 'journal'), { recursive: true });
    await expectRepair(directory, {
      file: 'journal/000001-1.csv',
      what: 'the segment is missing',
    });
  });

  it('a file in the journal’s is named, and all is repaired', async () => {
    const directory = await closedBank();
    rmSync(join(directory, 'journal'), { recursive: true });
    writeFileSync(join(directory, 'journal'), 'mine');
    await expectRepair(directory, { file: 'journal', what: NO_FOLDER });
  });

  it('a journal’s folder that goes while the bank is open is named by who looks for its segments', async () => {
    const directory = await closedBank();
    const { bank, files } = await Machine.on(directory).start();
    await bank.balance(ADA);
    renameSync(join(directory, 'journal'), join(directory, 'lost'));
    await expect(files.journal.segments()).rejects.toMatchObject({
      code: 'BANK_DAMAGED',
      details: { file: 'journal', what: 'the folder is missing' },
    });
    await bank.close().catch(() => {});
  });

  it.each([outer, dirname(pageOf(BOB))])(
    'a file is named by who asks for what would lie below: %s',
    async (folder) => {
      const directory = await closedBank();
      rmSync(join(directory, folder), { recursive: true });
      writeFileSync(join(directory, folder), 'mine');
      const bank = await openBank(directory);
      await expect(bank.balance(BOB)).rejects.toMatchObject({
        code: 'BANK_DAMAGED',
        details: { file: folder, what: NO_FOLDER },
      });
      await bank.close().catch(() => {});
    },
  );

  it.each(['', 'bank', 'far/below'])('a file that is no bank’s is no damage: %s', async (below) => {
    const directory = await closedBank();
    const path = join(directory, 'bank.json', below);
    await expect(openBank(path)).rejects.toMatchObject({ code: 'BANK_NOT_FOUND' });
  });
});
