import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { afterEach, describe, expect, it } from 'vitest';
import { PROGRAM } from '../cli/run-cli.js';
import { expectClean } from '../store/books.js';
import { copyPackage } from '../store/package-copy.js';
import { expectLeftTidy, expectZero, readBooks } from './books.js';
import { canRun, proved } from './needs.js';
import { SmallDisk } from './small-disk.js';
import { type Answer, type ToldOptions, ToldProcess } from './told-process.js';

const PROOF = 'P10: a disk that is full or read-only, no handles, no permission';
const USER = 54_303;
const needs = {
  slow: true,
  test: 'test/kernel/full-disk.test.ts',
  root: true,
  devices: ['/dev/loop-control', '/proc/self/ns/mnt'],
};

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo.length = 0;
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'drovebank-trouble-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function smallDisk(): Promise<SmallDisk> {
  const disk = await SmallDisk.make();
  undo.push(() => disk.remove());
  return disk;
}

function start(directory: string, id: string, options?: ToldOptions): ToldProcess {
  const process = new ToldProcess(directory, id, options);
  undo.push(() => process.kill());
  return process;
}

/** A bank with one account that has nothing. */
async function newBank(folder: string): Promise<[directory: string, id: string]> {
  const directory = join(folder, 'bank');
  const bank = await openBank(directory, { create: true });
  const { id } = await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
  await bank.close();
  return [directory, id];
}

/** The command, as somebody types it. */
function command(
  args: readonly string[],
  { limits = ':', user, program = PROGRAM }: ToldOptions = {},
) {
  const line = ['-c', `${limits}; exec "$@"`, 'bash', process.execPath, program, ...args];
  const as = user === undefined ? {} : { uid: user, gid: user };
  const { status, stderr } = spawnSync('bash', line, { encoding: 'utf8', cwd: '/', ...as });
  return { status, stderr };
}

/** The command is refused with exit code 8, and says what, which file, and what to do next. */
function expectTold(
  ran: ReturnType<typeof command>,
  code: string,
  says: RegExp,
  next: RegExp,
): void {
  expect(ran, ran.stderr).toMatchObject({ status: 8 });
  expect(ran.stderr).toMatch(says);
  expect(ran.stderr).toContain(`(${code})`);
  expect(/next: (.*)/.exec(ran.stderr)?.[1]).toMatch(next);
}

/** Folders; who comes to book when nobody waits has nothing to write into some: then it is booked. */
const FOLDERS = [
  ['journal', 'journal'],
  ['desks/writer', undefined],
  ['desks', undefined],
  ['desks/writer.queue', 'desks/writer.queue'],
] as const;

const cents = (count: number) => BigInt(count) * 100n;
const amount = (count: number) => `${count}.00`;
const refused = (code: string) => ({ code, committed: false, retryable: true });
const seen = (count: number) => ({ amount: amount(count), sums: ['0.00'] });

/** Everybody has left: the books hold what was answered, and nothing else. */
async function expectBooked(directory: string, id: string, count: number): Promise<void> {
  const bank = await openBank(directory);
  const { balances } = await readBooks(bank, [id]);
  expect(balances.get(id)).toBe(cents(count));
  await expectZero(bank);
  await expectClean(bank);
  await bank.close();
  await expectLeftTidy(directory);
}

const all = (processes: readonly ToldProcess[], line: string): Promise<Answer[]> =>
  Promise.all(processes.map((process) => process.tell(line)));
const sum = (processes: readonly ToldProcess[]) =>
  processes.reduce((total, { booked }) => total + booked, 0);

const left = new Set(['full', 'limit', 'read-only', 'handles', 'permission']);
function done(part: string): void {
  left.delete(part);
  if (left.size === 0) proved(PROOF);
}

describe.runIf(canRun(PROOF, needs))(
  'a real kernel that has no more of something',
  { timeout: 180_000 },
  () => {
    it('a full disk: refused, nothing lost, and the same processes go on when there is room', async () => {
      const disk = await smallDisk();
      const [directory, id] = await newBank(disk.root);
      const processes = [1, 2, 3].map(() => start(directory, id));
      await all(processes, 'deposit 20');
      let others = 0;
      for (let time = 0; time < 2; time++) {
        disk.fill(128 * 1024);
        for (const answer of await all(processes, 'deposit 100000')) {
          expect(answer).toMatchObject({ ...refused('DISK_FULL'), hint: /room/ });
        }
        const booked = sum(processes) + others;
        for (const answer of await all(processes, 'look')) expect(answer).toEqual(seen(booked));
        const args = ['deposit', id, '1.00', '--dir', directory];
        let ran = command(args);
        // The last block has room for some: then it is booked, whatever fails behind it.
        for (; ran.status === 0; ran = command(args)) others++;
        expectTold(ran, 'DISK_FULL', /disk is full.*\/bank\//, /[Mm]ake room/);
        disk.free();
        for (const answer of await all(processes, 'deposit 20'))
          expect(answer).toEqual({ booked: 20 });
        expect(await all(processes, 'posted')).toEqual([{}, {}, {}]);
      }
      expect(await all(processes, 'close')).toEqual([{}, {}, {}]);
      await expectBooked(directory, id, sum(processes) + others);
      done('full');
    });

    it('a file that may not grow (ulimit -f): the same, and a new segment is begun', async () => {
      const [directory, id] = await newBank(newFolder());
      const limits = 'ulimit -S -f 100';
      const one = start(directory, id, { limits });
      expect(await one.tell('deposit 100000')).toMatchObject(refused('DISK_FULL'));
      expect(await one.tell('look')).toEqual(seen(one.booked));
      const segments = readdirSync(join(directory, 'journal')).length;
      expect(await one.tell('deposit 10')).toEqual({ booked: 10 });
      expect(readdirSync(join(directory, 'journal')).length).toBe(segments + 1);
      expect(await one.tell('deposit 100000')).toMatchObject(refused('DISK_FULL'));
      execFileSync('prlimit', ['--pid', `${one.pid}`, '--fsize=unlimited']);
      expect(await one.tell('deposit 2000')).toEqual({ booked: 2000 });
      expect(await one.tell('close')).toEqual({});
      const ran = command(['deposit', id, '1.00', '--dir', directory], { limits: 'ulimit -f 0' });
      expectTold(ran, 'DISK_FULL', /\/bank\//, /[Mm]ake room/);
      await expectBooked(directory, id, one.booked);
      done('limit');
    });

    it('a read-only file system: reading goes on, and writing when it is over', async () => {
      const disk = await smallDisk();
      const [directory, id] = await newBank(disk.root);
      const one = start(directory, id);
      await one.tell('deposit 5');
      await one.tell('posted');
      // Somebody else takes the bank and leaves, so that no file is open for writing.
      expect(command(['deposit', id, '1.00', '--dir', directory])).toMatchObject({ status: 0 });
      one.booked++;
      disk.remount('ro');
      for (let time = 0; time < 2; time++) {
        expect(await one.tell('deposit 1')).toMatchObject(refused('BANK_READ_ONLY'));
        expect(await one.tell('look')).toEqual(seen(one.booked));
      }
      const ran = command(['deposit', id, '1.00', '--dir', directory]);
      expectTold(ran, 'BANK_READ_ONLY', /read-only.*\/bank\//, /writable/);
      expect(command(['balance', id, '--dir', directory])).toMatchObject({ status: 0 });
      disk.remount('rw');
      expect(await one.tell('deposit 5')).toEqual({ booked: 5 });
      expect(await one.tell('close')).toEqual({});
      await expectBooked(directory, id, one.booked);
      done('read-only');
    });

    it('no file handles left: told so, and it goes on when there are some', async () => {
      const [directory, id] = await newBank(newFolder());
      const [fresh, used] = [1, 2].map(() => start(directory, id, { limits: 'ulimit -n 128' }));
      if (!fresh || !used) throw new Error('not started');
      await used.tell('deposit 5');
      for (const process of [fresh, used]) {
        await process.tell('take');
        for (let time = 0; time < 2; time++) {
          const { code, message, hint, committed } = await process.tell('deposit 3000');
          // Who leads already has all open that it needs to book; who comes has not.
          if (process === used && code === undefined) continue;
          expect({ code, committed }).toEqual({ code: 'IO_ERROR', committed: false });
          expect(message).toMatch(/too many files open/);
          expect(hint).toMatch(/ulimit -n/);
        }
        await process.tell('give');
        expect(await process.tell('deposit 5')).toEqual({ booked: 5 });
        expect(await process.tell('look')).toEqual(seen(fresh.booked + used.booked));
        expect(await process.tell('posted')).toEqual({});
      }
      expect(await all([fresh, used], 'close')).toEqual([{}, {}]);
      await expectBooked(directory, id, fresh.booked + used.booked);
      done('handles');
    });

    it('a folder without permission: its path is told, and it goes on when that is back', async () => {
      const folder = newFolder();
      chmodSync(folder, 0o755);
      copyPackage(join(folder, 'package'));
      const home = join(folder, 'home');
      mkdirSync(home);
      chownSync(home, USER, USER);
      const user = { user: USER, program: join(folder, 'package/dist/bin/drovebank.js') };
      const directory = join(home, 'bank');
      const id = 'a10017';
      for (const args of [['init'], ['open', 'Ada', 'Lovelace']]) {
        expect(command([...args, '--dir', directory], user)).toMatchObject({ status: 0 });
      }
      const program = join(folder, 'package/test/programs/told-what-to-do.js');
      const one = start(directory, id, { user: USER, program });
      for (const [name, spared] of FOLDERS) {
        const path = join(directory, name);
        expect(await one.tell('deposit 5')).toEqual({ booked: 5 });
        expect(command(['deposit', id, '1.00', '--dir', directory], user)).toMatchObject({
          status: 0,
        });
        one.booked++;
        chmodSync(path, 0o500);
        const told = await one.tell('deposit 1');
        if (told.code === undefined) expect([name, told]).toEqual([spared, { booked: 1 }]);
        else {
          expect(told, name).toMatchObject(refused('NO_PERMISSION'));
          expect(told.message, name).toContain(path);
        }
        expect(await one.tell('look'), name).toEqual(seen(one.booked));
        chmodSync(path, 0);
        const ran = command(['deposit', id, '1.00', '--dir', directory], user);
        expectTold(ran, 'NO_PERMISSION', new RegExp(`No permission.*${path}`), /access/);
        chmodSync(path, 0o700);
      }
      expect(await one.tell('deposit 5')).toEqual({ booked: 5 });
      expect(await one.tell('close')).toEqual({});
      expect(command(['verify', '--dir', directory], user)).toMatchObject({ status: 0 });
      await expectBooked(directory, id, one.booked);
      done('permission');
    });
  },
);
