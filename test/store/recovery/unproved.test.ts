import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { rowCheck } from '#lib/format/passbook-page.js';
import { recover } from '#lib/recover.js';
import { recoverBank } from '#lib/store/recover.js';
import { hooked, type Step } from '#lib/testing/hooked-disk.js';
import { KillSwitch } from '../../machine/hooked-disk.js';
import { Machine } from '../../machine/processes.js';
import { fund, namesIn, pagePath } from '../books.js';
import {
  ADA,
  appendSealed,
  BOB,
  booksOf,
  closedBank,
  cut,
  flip,
  pageOf,
  remove,
  SHOP,
  segmentsIn,
  treeOf,
} from './harm.js';

/** Writes a page as somebody would who knows how checks are made. */
function forge(path: string, alter: (row: string) => string): void {
  const [header = '', ...rows] = readFileSync(path, 'utf8').slice(0, -2).split('\n');
  const first = rows[0] ?? '';
  let check = /""prev"":""([0-9a-f]{16})""/.exec(first)?.[1] ?? '';
  const forged = rows.map((row) => {
    const body = alter(row.slice(0, -16));
    check = rowCheck(check, body);
    return body + check;
  });
  writeFileSync(path, `${header}\n${forged.join('\n')}.\n`);
}

describe('a passbook whose checks fit and that tells something else', () => {
  it('is a contradiction: nothing is changed, and nobody gets in', async () => {
    const directory = await closedBank();
    forge(pagePath(directory, BOB), (row) => row.replace('"inv-7"', '"inv-8"'));
    const tree = treeOf(directory);
    for (const apply of [false, true]) {
      const { state, problems } = await recover(directory, { apply });
      expect(state).toBe('problems');
      expect(problems).toMatchObject([{ file: pageOf(BOB) }]);
      expect(problems[0]?.what).toContain('nobody can say which is right');
      expect(treeOf(directory)).toEqual(tree);
    }
    await expect(openBank(directory)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });

  /** A forger who has rows of one passbook tell something else. */
  const told = (id: string, from: string | RegExp, to: string) => (directory: string) =>
    forge(pagePath(directory, id), (row) => row.replace(from, to));

  it.each<[string, string, (directory: string) => void, string]>([
    [
      'another counterparty',
      'transfer,7,',
      told(BOB, `,7,${ADA},`, ',7,corner-shop,'),
      `${BOB} and ${ADA} tell entry 7 differently`,
    ],
    [
      'another reference',
      'transfer,7,',
      told(BOB, '"inv-7"', '"inv-8"'),
      `${BOB} and ${ADA} tell entry 7 differently`,
    ],
    [
      'another reference, on one of two pages',
      'transfer,7,',
      (directory) => {
        copyFileSync(pagePath(directory, BOB), pagePath(directory, BOB, 1));
        told(BOB, '"inv-7"', '"inv-8"')(directory);
      },
      'two pages tell entry 7 differently',
    ],
    [
      'nothing of the other side',
      'transfer,7,',
      (directory) => remove(pagePath(directory, ADA, 1)),
      `of entry 7 there is only what ${BOB} shows`,
    ],
    [
      'a second account that was opened by it',
      'open,2,',
      (directory) => {
        const [, opened = ''] = readFileSync(pagePath(directory, BOB), 'utf8').split('\n');
        const path = pagePath(directory, SHOP, 1);
        const time = opened.split(',')[2];
        forge(path, (row) => row.replace(/,1,[^,]+,open,3,/, `,1,${time},open,2,`));
      },
      `${BOB} and ${SHOP} tell entry 2 differently`,
    ],
    [
      'nothing',
      'open,2,',
      (directory) => remove(pagePath(directory, BOB)),
      'no passbook shows entry 2',
    ],
  ])('is no witness for what the journal lost: %s', async (_, entry, harm, why) => {
    const directory = await closedBank();
    const segment = segmentsIn(directory)[0] ?? '';
    const path = join(directory, 'journal', segment);
    flip(path, readFileSync(path).indexOf(entry) + 20);
    harm(directory);
    const { state, problems } = await recover(directory, { apply: true });
    expect(state).toBe('problems');
    expect(problems).toMatchObject([{ file: `journal/${segment}` }]);
    expect(problems[0]?.what).toContain(why);
  });

  it('put away by somebody who knows that it is wrong, is written again', async () => {
    const directory = await closedBank();
    const before = await booksOf(directory);
    const path = pagePath(directory, BOB);
    forge(path, (row) => row.replace('"inv-7"', '"inv-8"'));
    await recover(directory, { apply: true });
    writeFileSync(path, '');
    expect(await recover(directory, { apply: true })).toMatchObject({ state: 'repaired' });
    expect(await booksOf(directory)).toEqual(before);
  });
});

describe('a journal whose seals are right and that tells what cannot be', () => {
  const late = `deposit,204,2099-01-01T00:00:00.000Z,USD,7.00,world-usd,198,-494.00,${BOB},5`;
  it.each<[string, string, number, RegExp]>([
    [
      'a balance that does not add up',
      `${late},900.00,,,,,,,,,,,`,
      1,
      /^entry 204: the balance of a10025 does not add up$/,
    ],
    [
      'fewer entries than were sealed',
      `${late},127.00,,,,,,,,,,,`,
      2,
      /^the batch at byte \d+ has another count$/,
    ],
  ])('is told, and nothing is changed: %s', async (_, line, count, what) => {
    const directory = await closedBank();
    const machine = Machine.on(directory);
    appendSealed(directory, line, count);
    machine.reboot(); // No mark ends the journal before it.
    writeFileSync(join(directory, 'accounts', 'notes.csv'), 'put aside, were all else well');
    flip(pagePath(directory, ADA, 1), 900);
    const tree = treeOf(directory);
    for (const apply of [false, true]) {
      const { state, problems } = await recoverBank(machine.host(), directory, { apply });
      expect(state).toBe('problems');
      expect(problems).toEqual([
        { file: expect.stringMatching(/^journal/), what: expect.stringMatching(what) },
      ]);
      expect(treeOf(directory)).toEqual(tree);
    }
    await expect(openBank(directory)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });
});

/** A disk that changes a byte in the middle of some of what it is to write. */
const lying = (isWrong: (step: Step) => boolean) => (disk: Disk) =>
  hooked(disk, (step, go) => {
    const { name, bytes } = step;
    if (name !== 'write' || !bytes || !isWrong(step)) return go();
    const other = Buffer.from(bytes);
    const middle = other.length >> 1;
    other[middle] = (other[middle] ?? 0) ^ 1;
    return go(other);
  });

it('a disk that writes something else: found before anybody gets in, and mended by the next run', async () => {
  const directory = await closedBank();
  const before = await booksOf(directory);
  flip(pagePath(directory, ADA, 1), 900);
  const machine = Machine.on(directory);
  const marks: string[] = [];
  const isPage = ({ path, bytes }: Step) =>
    path.includes('/repair-') && bytes?.includes('a10017,5,') === true;
  const host = machine.host((disk) =>
    hooked(lying(isPage)(disk), ({ name, path }, go) => {
      if (name === 'create' && path.includes('answered-')) marks.push(path);
      return go();
    }),
  );
  const { state, problems } = await recoverBank(host, directory, { apply: true });
  expect(state).toBe('problems');
  expect(problems).toMatchObject([{ file: pageOf(ADA, 1) }]);
  expect(marks, 'nobody has led the journal meanwhile').toEqual([]);
  expect(existsSync(join(directory, 'PAIN.csv'))).toBe(true);
  await expect(openBank(directory)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  const again = await recoverBank(machine.host(), directory, { apply: true });
  expect(again).toMatchObject({ state: 'repaired', problems: [] });
  expect(await booksOf(directory)).toEqual(before);
});

it('a disk that writes something else when it posts: found, and the bank is stopped', async () => {
  const directory = await closedBank();
  const checkpoint = join(directory, 'journal/checkpoint.csv');
  const old = readFileSync(checkpoint);
  const bank = await openBank(directory);
  await bank.deposit(BOB, '1.00');
  await bank.close();
  const before = await booksOf(directory);
  writeFileSync(checkpoint, old); // As if nobody had posted it.
  const machine = Machine.on(directory);
  const isPage = ({ path, bytes }: Step) =>
    path.includes('/page-') && bytes?.includes(`${BOB},5,`) === true;
  const { state, problems } = await recoverBank(machine.host(lying(isPage)), directory, {});
  expect(state).toBe('problems');
  expect(problems).toMatchObject([{ file: pageOf(BOB) }]);
  await expect(openBank(directory)).rejects.toMatchObject({
    code: 'BANK_DAMAGED',
    details: { what: expect.stringContaining(pageOf(BOB)) },
  });
  const again = await recoverBank(machine.host(), directory, { apply: true });
  expect(again).toMatchObject({ state: 'repaired', problems: [] });
  expect(await booksOf(directory)).toEqual(before);
});

it('a journal that is lost between the last look and the first use: the desks are taken away again', async () => {
  const directory = await closedBank();
  flip(pagePath(directory, ADA, 1), 900);
  const file = `journal/${segmentsIn(directory).at(-1)}`;
  const machine = Machine.on(directory);
  const losing = machine.host((disk) =>
    hooked(disk, ({ name, path }, go) => {
      const isOwn = name === 'rename' && /\/desks\/writer\/\d[^/]*$/.test(path);
      const isBack = isOwn && namesIn(directory, 'desks/writer')[0]?.startsWith('damaged-');
      if (isBack && existsSync(join(directory, file))) remove(join(directory, file));
      return go();
    }),
  );
  const { state, problems } = await recoverBank(losing, directory, { apply: true });
  expect(state).toBe('problems');
  expect(problems).toEqual([{ file, what: 'the segment is missing' }]);
  expect(existsSync(join(directory, 'PAIN.csv'))).toBe(true);
  // Who has the bank open looks at its desk.
  for (const role of ['writer', 'poster'])
    expect(namesIn(directory, `desks/${role}`)).toEqual([expect.stringMatching(/^damaged-/)]);
});

describe('a journal that lost its end while the machine was off', () => {
  /** An answered deposit that no passbook shows yet; its process died, and the journal was cut before it. */
  async function cutWhileOff() {
    const machine = await Machine.withBank();
    const first = await machine.start();
    const [ada] = await fund(first);
    await first.bank.posted();
    await first.bank.deposit(ada, '5.00');
    machine.kill(first);
    const file = `journal/${segmentsIn(machine.directory).at(-1)}`;
    const path = join(machine.directory, file);
    cut(path, readFileSync(path).lastIndexOf('\ndeposit,') + 1);
    machine.reboot();
    return { machine, ada, file };
  }

  it('is missed: the mark of before says that it went on', async () => {
    const { machine, ada, file } = await cutWhileOff();
    const { bank } = await machine.start();
    await expect(bank.balance(ada)).rejects.toMatchObject({
      code: 'BANK_DAMAGED',
      details: { file, what: 'it ends at entry 4, and entry 5 was answered for' },
    });
    await bank.close().catch(() => {});
    expect(existsSync(join(machine.directory, 'PAIN.csv'))).toBe(true);
  });

  it('is told by recovery before anybody has opened it, which leaves it stopped', async () => {
    const { machine, file } = await cutWhileOff();
    for (const apply of [false, true]) {
      const { state, problems } = await recoverBank(machine.host(), machine.directory, { apply });
      expect(state).toBe('problems');
      expect(problems).toMatchObject([{ file }]);
    }
    await expect(machine.open(machine.host())).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });

  it('is missed still when the first who came died before it could tell', async () => {
    const { machine, ada } = await cutWhileOff();
    const kill = new KillSwitch();
    const killed = await machine.start(kill.on);
    kill.arm(2);
    const asked = killed.bank.balance(ada);
    await Promise.race([kill.struck, asked]);
    machine.kill(killed);
    const { bank } = await machine.start();
    await expect(bank.balance(ada)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    await bank.close().catch(() => {});
  });
});
