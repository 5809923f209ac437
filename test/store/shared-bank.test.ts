import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { openBank } from 'drovebank';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyPackage } from './package-copy.js';

const GROUP = 54_300;
const USERS = [54_301, 54_302];
const mayPlayUsers = process.getuid?.() === 0;
if (!mayPlayUsers) console.error('SKIPPED: two users on one bank: only root can play both of them');

const folder = mkdtempSync(join(tmpdir(), 'drovebank-shared-'));
const directory = join(folder, 'club', 'bank');
const program = join(folder, 'package', 'dist', 'bin', 'drovebank.js');
const run = promisify(execFile);

/** The command, run as one of the two users, with the usual umask of a careful one. */
async function as(user: number | undefined, ...args: string[]): Promise<string> {
  const script = 'umask 077; exec "$@"';
  const command = ['-c', script, 'sh', process.execPath, program, ...args, '--dir', directory];
  const { stdout } = await run('sh', command, { uid: user, gid: GROUP, cwd: folder });
  return stdout;
}

describe.skipIf(!mayPlayUsers)('two Unix users of one group on one shared bank', () => {
  const [ada, bob] = USERS;

  beforeAll(async () => {
    copyPackage(join(folder, 'package'));
    chmodSync(folder, 0o755);
    mkdirSync(dirname(directory));
    chownSync(dirname(directory), 0, GROUP);
    chmodSync(dirname(directory), 0o2770);
    await as(ada, 'init', '--shared');
    await as(bob, 'open', 'Ada', 'Lovelace');
    await as(ada, 'open', 'Bob', 'Smith');
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('lets them work in turn, each going on where the other left', async () => {
    for (let turn = 0; turn < 6; turn++) {
      await as(USERS[turn % 2], 'deposit', turn % 2 ? 'a10017' : 'a10025', '10.00');
    }
    expect(JSON.parse(await as(ada, 'balance', 'a10017', '--json')).ledger.amount).toBe('30.00');
    expect(JSON.parse(await as(bob, 'balance', 'a10025', '--json')).ledger.amount).toBe('30.00');
  });

  it('lets them work at once', async () => {
    const notes = USERS.map((user) => join(dirname(directory), `notes-${user}`));
    const storm = join(folder, 'package', 'test', 'programs', 'random-transfers.js');
    const children = USERS.map((uid, index) => {
      const args = [storm, directory, notes[index] ?? '', '2', '4', 'a10017,a10025'];
      return spawn(process.execPath, args, {
        uid,
        gid: GROUP,
        stdio: ['ignore', 'inherit', 'inherit'],
      });
    });
    const exits = await Promise.all(
      children.map((child) => new Promise((resolve) => child.once('exit', resolve))),
    );
    const texts = notes.map((path) => readFileSync(path, 'utf8').trimEnd().split('\n'));
    const refused = texts.flat().filter((line) => line.includes('"refused"'));
    expect(refused.filter((line) => !line.includes('INSUFFICIENT_FUNDS'))).toEqual([]);
    expect(exits).toEqual([0, 0]);
    for (const { length } of texts) expect(length).toBeGreaterThan(10);
  });

  it('keeps every file open to the group and closed to all others', async () => {
    const { stdout } = await run('find', [directory, '-printf', '%m %y %G %p\n']);
    const wrong = stdout
      .trimEnd()
      .split('\n')
      .filter((line) => !/^(2770 d|660 f) 54300 /.test(line));
    expect(wrong).toEqual([]);
    expect(statSync(directory).mode & 0o7777).toBe(0o2770);
  });

  it('adds up, and both books agree', async () => {
    const bank = await openBank(directory);
    expect((await bank.totals()).map(({ sum }) => sum.minor)).toEqual([0n]);
    expect((await bank.verify()).ok).toBe(true);
    await bank.close();
  });
});
