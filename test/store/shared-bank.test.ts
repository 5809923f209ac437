import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openBank } from 'drovebank';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
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

/** The package where every user may read it: the checkout may lie in somebody's home. */
function copyPackage(): void {
  for (const name of ['package.json', 'dist']) {
    cpSync(join(root, name), join(folder, 'package', name), { recursive: true });
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [path, { dev }] of Object.entries<{ dev?: boolean }>(lock.packages)) {
    if (path === '' || dev) continue;
    mkdirSync(join(folder, 'package', dirname(path)), { recursive: true });
    cpSync(join(root, path), join(folder, 'package', path), { recursive: true });
  }
}

describe.skipIf(!mayPlayUsers)('two Unix users of one group on one shared bank', () => {
  const [ada, bob] = USERS;

  beforeAll(async () => {
    copyPackage();
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
    cpSync(join(root, 'test/programs'), dirname(storm), { recursive: true });
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
