import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  decodeCheckpoint,
  decodeMark,
  encodeCheckpoint,
  encodeMark,
} from '#lib/format/position.js';
import { recover } from '#lib/recover.js';
import type { Finding } from '#lib/store/diagnosis.js';
import { recoverBank } from '#lib/store/recover.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { KillSwitch } from '../../machine/hooked-disk.js';
import { Machine } from '../../machine/processes.js';
import { expectClean, namesIn, pagePath } from '../books.js';
import {
  ADA,
  closedBank,
  closedBooks,
  expectRecovered,
  flip,
  pageOf,
  remove,
  segmentsIn,
  treeOf,
} from './harm.js';

const CHECKPOINT = 'journal/checkpoint.csv';
const FIRST = 'journal/000001-1.csv';
const SECOND = 'journal/000002-3.csv';
const THIRD = 'journal/000003-4.csv';
const NOT_OURS = 'it is none of the bank’s files';
const POSTED = ['accounts', '203 entries of the journal were not in the passbooks yet', 'posted'];

const deskOf = (directory: string, role: string) =>
  join(directory, 'desks', role, namesIn(directory, `desks/${role}`)[0] ?? '');

function changeCheckpoint(directory: string, by: { nextAccount?: number; offset?: number }): void {
  const path = join(directory, CHECKPOINT);
  const told = decodeCheckpoint(readFileSync(path, 'utf8'));
  const position = { ...told.position, offset: told.position.offset + (by.offset ?? 0) };
  const nextAccount = told.nextAccount + (by.nextAccount ?? 0);
  writeFileSync(path, encodeCheckpoint({ ...told, position, nextAccount }));
}

/** What is told, alike in a dry run and behind it; desks and the new segment have names of the moment. */
const tell = (findings: readonly Finding[]) =>
  findings.map(({ file, what, action }) =>
    [file, what, action].map((text) =>
      text.replace(/000004-\d+\.csv/, 'NEW').replace(/(?:damaged-)?\d+-[0-9a-f]{32}-[^/]+/, 'DESK'),
    ),
  );

const AWAY = 'moved to lost+found';
const toldBy = (first: number, last: number) =>
  `entries ${first} to ${last} told by the passbooks of all their accounts; the journal goes on in NEW, under new seals`;
const exactly = (first: number, last: number) =>
  `entries ${first} to ${last} written again from the passbooks of their accounts; every seal fits`;
const goneOn = (...files: string[]) => [
  ...files.map((file) => [file, 'NEW tells its entries', AWAY]),
  [CHECKPOINT, 'it names no place of the journal', 'made anew, at entry 203'],
];
const anew = (...files: string[]) =>
  files.map((file) => [file, 'the folder is missing', 'made anew']);
const NO_CHECKPOINT = [
  CHECKPOINT,
  'the file is missing',
  'made anew, where the journal begins: all is posted again',
];

/** What is broken; what is told of it; what is told only when it has been repaired. */
const REPORTS: Record<string, [(directory: string) => void, string[][], string[][]?]> = {
  'the head of the first segment is broken': [
    (directory) => flip(join(directory, FIRST), 40),
    [[FIRST, 'its head is broken', 'written again; every seal fits']],
  ],
  'the head of a segment is broken': [
    (directory) => flip(join(directory, SECOND), 40),
    [[SECOND, 'its head is broken', 'written again; every seal fits']],
  ],
  'the last seal of a segment is broken: the next one pins it': [
    (directory) => flip(join(directory, FIRST), -2),
    [[FIRST, 'it ends before byte 1772', exactly(7, 7)]],
  ],
  'two batches are broken, one behind the other': [
    (directory) => {
      const path = join(directory, SECOND);
      for (const { index } of [...readFileSync(path, 'latin1').matchAll(/\nseal,/g)].slice(0, 2))
        flip(path, index - 60);
    },
    [
      [SECOND, 'the batch at byte 360 is broken', exactly(8, 71)],
      [SECOND, 'the batch at byte 6434 is broken', exactly(72, 135)],
    ],
  ],
  'a segment is gone': [
    (directory) => remove(join(directory, SECOND)),
    [[SECOND, 'the segment is missing', toldBy(8, 199)], ...goneOn(THIRD)],
  ],
  'the first segment is gone': [
    (directory) => remove(join(directory, FIRST)),
    [
      [FIRST, 'the segment is missing', 'written again; every seal fits'],
      [FIRST, 'it ends before byte 1772', toldBy(1, 7)],
      ...goneOn(SECOND, THIRD),
    ],
  ],
  'a head is broken, and a row behind it': [
    (directory) => {
      flip(join(directory, SECOND), 40);
      flip(join(directory, SECOND), 2_000);
    },
    [[SECOND, 'its head is broken', toldBy(8, 71)], ...goneOn(SECOND, THIRD)],
  ],
  'the checkpoint is gone': [
    (directory) => remove(join(directory, CHECKPOINT)),
    [NO_CHECKPOINT],
    [POSTED],
  ],
  'the checkpoint names another next account': [
    (directory) => changeCheckpoint(directory, { nextAccount: 1 }),
    [[CHECKPOINT, 'it does not say what the journal tells', 'made anew, at entry 203']],
  ],
  'the checkpoint is one of another journal': [
    (directory) => changeCheckpoint(directory, { offset: 1 }),
    [[CHECKPOINT, 'it names no place of the journal', 'made anew, at entry 203']],
  ],
  'all desks are gone, and the checkpoint': [
    (directory) => {
      remove(join(directory, 'desks'));
      remove(join(directory, CHECKPOINT));
    },
    [
      ...anew('desks', 'desks/writer', 'desks/writer.queue', 'desks/poster', 'desks/poster.queue'),
      NO_CHECKPOINT,
    ],
    [POSTED],
  ],
  'folders of the desks are gone, and a desk': [
    (directory) => {
      remove(join(directory, 'desks/writer'));
      remove(join(directory, 'desks/poster.queue'));
      remove(deskOf(directory, 'poster'));
    },
    [
      ...anew('desks/writer', 'desks/poster.queue'),
      ['desks/poster', 'the desk is missing', 'made anew'],
    ],
  ],
  'both desks are away': [
    (directory) => {
      for (const role of ['writer', 'poster']) {
        const desk = deskOf(directory, role);
        renameSync(desk, join(directory, 'desks', role, `damaged-${basename(desk)}`));
      }
    },
    ['writer', 'poster'].map((role) => [`desks/${role}`, 'the desk was moved away', 'put back']),
  ],
  'there is a second desk, and notes lie in it': [
    (directory) => {
      const name = basename(deskOf(directory, 'writer')).replace(/^\d+/, '1');
      mkdirSync(join(directory, 'desks/writer', name));
      writeFileSync(join(directory, 'desks/writer', name, 'notes.txt'), 'mine');
    },
    [['desks/writer/DESK', 'there is a second desk, of epoch 1', AWAY]],
  ],
  'a page is broken, and notes lie beside it': [
    (directory) => {
      flip(pagePath(directory, ADA, 2), 900);
      writeFileSync(join(directory, 'accounts/notes.txt'), 'mine');
    },
    [
      [pageOf(ADA, 2), 'row 73 was changed', 'a10017.0002.csv written again from the journal'],
      ['accounts/notes.txt', NOT_OURS, AWAY],
    ],
  ],
  'a mark lies on the poster’s desk, where it says nothing': [
    (directory) => {
      const desk = deskOf(directory, 'writer');
      const [name = ''] = namesIn(directory, `desks/writer/${basename(desk)}`);
      const mark = decodeMark(readFileSync(join(desk, name), 'latin1'));
      if (!mark) throw new Error('there is no mark');
      const position = { ...mark.position, transfer: mark.position.transfer + 1 };
      writeFileSync(
        join(deskOf(directory, 'poster'), 'answered-9'),
        encodeMark({ ...mark, position }),
      );
    },
    [['desks/poster/DESK/answered-9', NOT_OURS, AWAY]],
  ],
};

describe('what recovery tells, and what it does', () => {
  it.each(Object.entries(REPORTS))('%s', async (_, [harm, told, more = []]) => {
    const directory = await closedBank();
    const before = await closedBooks();
    harm(directory);
    const dry = await recover(directory);
    expect(tell(dry.findings)).toEqual(told);
    const recovery = await recover(directory, { apply: true });
    expect(tell(recovery.findings)).toEqual([...told, ...more]);
    await expectRecovered(directory, before, recovery);
  });
});

it('the segment that a repair had no time to put aside is told, and put aside by the next run', async () => {
  const directory = await closedBank();
  const before = await closedBooks();
  remove(join(directory, SECOND));
  const machine = Machine.on(directory);
  const kill = new KillSwitch();
  const killed = machine.host((disk) =>
    hooked(kill.on(disk), ({ name, path }, go) => {
      // The rename that publishes the new segment is the last thing that it does.
      if (name === 'rename' && path.includes('/journal/000004-')) kill.arm(1);
      return go();
    }),
  );
  const run = recoverBank(killed, directory, { apply: true });
  expect(await Promise.race([run, kill.struck])).toBe('killed');
  machine.kill(killed);
  const told = [
    THIRD,
    'a repair that was cut short had written another segment in its place',
    AWAY,
  ];
  const dry = await recoverBank(machine.host(), directory, {});
  expect(tell(dry.findings)).toContainEqual(told);
  const again = await recoverBank(machine.host(), directory, { apply: true });
  expect(tell(again.findings)).toContainEqual(told);
  expect(segmentsIn(directory)).not.toContain(basename(THIRD));
  await expectRecovered(directory, before, again);
});

it('a bank in which nothing was booked has its only segment again', async () => {
  const machine = await Machine.withBank();
  const path = join(machine.directory, FIRST);
  const head = readFileSync(path, 'latin1').split('\nleave,')[0];
  remove(path);
  const { state, findings } = await recoverBank(machine.host(), machine.directory, { apply: true });
  expect(state).toBe('repaired');
  expect(tell(findings)).toContainEqual([
    FIRST,
    'the segment is missing',
    'written again; every seal fits',
  ]);
  expect(readFileSync(path, 'latin1').startsWith(`${head}\n`)).toBe(true);
  const { bank } = await machine.start();
  await expectClean(bank);
  await bank.close();
});

describe('a recovery that is cancelled says so, and changes nothing', () => {
  const cancelled = { code: 'CANCELLED' };

  it.each([false, true])('before it reads the passbooks, --apply: %s', async (apply) => {
    const directory = await closedBank();
    writeFileSync(join(directory, 'PAIN.csv'), '');
    // Nothing is proved, so that no passbook is held against the journal.
    flip(join(directory, FIRST), 600);
    remove(join(directory, 'accounts'));
    const tree = treeOf(directory);
    const desk = deskOf(directory, 'writer');
    const recovery = recover(directory, { apply, signal: AbortSignal.abort() });
    await expect(recovery).rejects.toMatchObject(cancelled);
    expect(treeOf(directory)).toEqual(tree);
    expect(deskOf(directory, 'writer')).toBe(desk);
  });

  it('while it reads them', async () => {
    const directory = await closedBank();
    writeFileSync(join(directory, 'PAIN.csv'), '');
    const tree = treeOf(directory);
    const controller = new AbortController();
    const host = Machine.on(directory).host((disk) =>
      hooked(disk, ({ name, path }, go) => {
        if (name === 'read' && path === pagePath(directory, ADA)) controller.abort();
        return go();
      }),
    );
    await expect(recoverBank(host, directory, controller)).rejects.toMatchObject(cancelled);
    expect(treeOf(directory)).toEqual(tree);
  });
});
