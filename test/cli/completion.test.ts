import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '#lib/cli/command-table.js';
import {
  declareDamage,
  drovebank,
  leaveUnread,
  leaveUnverified,
  onFullDisk,
  PROGRAM,
  runHere,
  start,
  succeed,
  temporaryBank,
  temporaryFolder,
} from './run-cli.js';

/** What is offered for the last of these words. */
const offered = (folder: string, ...words: string[]) => {
  const { code, stdout, stderr } = drovebank(folder, ['complete', '--', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map((line) => line.split('\t')[0]);
};

/** Every file below `folder`, with what is in it. */
const namesAndTexts = (folder: string) =>
  filesBelow(folder).map((path) => [path, readFileSync(path, 'utf8')]);

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Takes the last byte of each file below `folder` whose name is such a one. */
function cutEach(folder: string, name: RegExp): void {
  for (const path of filesBelow(folder).filter((path) => name.test(basename(path)))) {
    truncateSync(path, statSync(path).size - 1);
  }
}

describe('complete', () => {
  it('offers commands, flags and account ids', async () => {
    const folder = await temporaryBank();
    expect(offered(folder, 'dep')).toEqual(['deposit']);
    const commands = COMMANDS.map(({ usage }) => usage.split(' ')[0]);
    expect(offered(folder, '')).toEqual(['help', ...commands]);
    expect(offered(folder, 'deposit', '')).toEqual(['a10017', 'a10025', 'euro']);
    expect(offered(folder, 'deposit', 'a1002')).toEqual(['a10025']);
    expect(offered(folder, 'transfer', 'a10017', 'e')).toEqual(['euro']);
    expect(offered(folder, 'deposit', 'a10017', '5', '--me')).toEqual(['--memo', '--metadata']);
    expect(offered(folder, 'close', 'a10017', '--sweep-to', 'a')).toEqual(['a10017', 'a10025']);
    expect(offered(folder, 'complete', 'f')).toEqual(['fish']);
    expect(offered(folder, 'help', 'dep')).toEqual(['deposit']);
    expect(offered(folder, 'list', '--sort', '')).toEqual(['id', 'name']);
    expect(offered(folder, 'totals', '--by', 'm')).toEqual(['month']);
    const described = drovebank(folder, ['complete', '--', 'balance', 'a10017']).stdout;
    expect(described).not.toContain('\u001b');
    expect(drovebank(folder, ['complete', '--', 'balance', 'a']).stdout).toContain('Ada Lovelace');
  });

  it('never makes a shell write more than all accounts begin with', async () => {
    const folder = await temporaryBank();
    const open = (id: string) => JSON.stringify({ op: 'open', id, firstName: 'A', lastName: 'B' });
    const ids = Array.from({ length: 40 }, (_, index) => `b11${index + 10}`);
    const input = [...ids, 'b12', 'b2', 'c1'].map(open).join('\n');
    expect(drovebank(folder, ['batch', '-'], { input: `${input}\n` })).toMatchObject({ code: 0 });
    const first = ids.slice(0, 25);
    expect(offered(folder, 'balance', 'b')).toEqual([...first, 'b12', 'b2']);
    expect(offered(folder, 'balance', 'b1')).toEqual([...first, 'b12']);
    expect(offered(folder, 'balance', 'b11')).toEqual(first);
    expect(offered(folder, 'balance', 'b2')).toEqual(['b2']);
  });

  it('knows flags that stand before the command', async () => {
    const folder = await temporaryBank();
    expect(offered(folder, '--js')).toEqual(['--json']);
    expect(offered(folder, '--json', 'dep')).toEqual(['deposit']);
    expect(offered(folder, '-d', 'data/bank', 'balance', 'a1001')).toEqual(['a10017']);
    expect(offered(folder, '--dir=data/bank', '-q', 'list', '--sort', 'n')).toEqual(['name']);
    for (const dir of [['--dir=data/bank'], ['-ddata/bank'], ['--dir', '=', 'data/bank']]) {
      expect(offered(folder, 'balance', ...dir, 'e')).toEqual(['euro']);
    }
    cpSync(join(folder, 'data/bank'), join(folder, 'a=b'), { recursive: true });
    expect(offered(folder, 'balance', '--dir=a=b', 'e')).toEqual(['euro']);
    expect(offered(folder, 'list', '--sort', '=')).toEqual(['id', 'name']);
    // A directory is what shells complete by themselves.
    expect(offered(folder, '-d', '')).toEqual([]);
  });

  it('looks into the bank that the words or the environment name', async () => {
    const folder = await temporaryBank();
    const elsewhere = temporaryFolder();
    expect(offered(elsewhere, 'balance', '')).toEqual([]);
    expect(offered(elsewhere, 'balance', '--dir', join(folder, 'data/bank'), 'a')).toHaveLength(2);
    const env = { DROVEBANK_DIR: join(folder, 'data/bank') };
    expect(drovebank(elsewhere, ['complete', '--', 'balance', 'e'], { env }).stdout).toContain(
      'euro',
    );
  });

  it('looks at the files alone: nothing is written, and nobody is waited for', async () => {
    const folder = await temporaryBank();
    const copy = join(folder, 'copy');
    // Whoever opens a copy makes it a bank of its own, and leads it.
    cpSync(join(folder, 'data/bank'), copy, { recursive: true });
    const before = namesAndTexts(copy);
    expect(offered(folder, '-d', 'copy', 'balance', '')).toEqual(['a10017', 'a10025', 'euro']);
    expect(namesAndTexts(copy)).toEqual(before);
    // One that was stopped for damage tells its accounts to whoever looks into it.
    leaveUnverified(folder);
    declareDamage(join(folder, 'data/bank'));
    expect(offered(folder, 'show', 'e')).toEqual(['euro']);
  });

  it.each<[string, (bank: string) => void]>([
    ['bank.json', (bank) => writeFileSync(join(bank, 'bank.json'), '{}')],
    ['index', (bank) => rmSync(join(bank, 'index'), { recursive: true })],
    ['the index of its accounts', (bank) => cutEach(join(bank, 'index'), /^roster-/)],
    ['passbooks', (bank) => cutEach(join(bank, 'accounts'), /\.csv$/)],
  ])('offers nothing it is not sure of, and is quiet, where %s is damaged', async (_, damage) => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    damage(join(folder, 'data/bank'));
    expect(offered(folder, 'balance', 'a')).toEqual([]);
    expect(offered(folder, 'balance', '--js')).toEqual(['--json']);
  });

  it('offers an account that was named anew by its new name, and none of the bank itself', async () => {
    const folder = await temporaryBank();
    succeed(folder, ['rename', 'a10017', 'Augusta', 'King']);
    const { stdout } = drovebank(folder, ['complete', '--', 'balance', 'a1001']);
    expect(stdout).toBe('a10017\tAugusta King\n:4\n');
    expect(offered(folder, 'balance', 'w')).toEqual([]);
    const bank = join(folder, 'data/bank');
    expect(offered(bank, 'balance', '--dir', '.', 'e')).toEqual(['euro']);
    expect(offered(bank, 'balance', '--dir', '', 'e')).toEqual([]);
  });

  it.skipIf(!existsSync('/dev/full'))('is quiet where its answer has no room', async () => {
    const folder = await temporaryBank();
    expect(onFullDisk(folder, ['complete', '--', 'balance', 'a'])).toEqual({ code: 0, stderr: '' });
    const left = start(folder, ['complete', '--', 'balance', 'a']);
    expect(await leaveUnread(left)).toEqual({ code: 0, stderr: '' });
  });

  it.each([['a\'"; rm -rf /'], ['\u001b[2J'], ['-'], ['--'], ['ä'], ['..']])(
    'is quiet whatever is typed: %j',
    async (word) => {
      const folder = await temporaryBank();
      for (const before of [[], ['deposit'], ['nonsense'], ['deposit', '--dir']]) {
        expect(drovebank(folder, ['complete', '--', ...before, word]).code).toBe(0);
      }
    },
  );

  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints a script for %s', async (shell) => {
    const folder = temporaryFolder();
    expect(succeed(folder, ['complete', shell])).toMatch(/drovebank complete/);
    const { code, stderr } = await runHere(folder, ['complete', 'cmd']);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('powershell'),
    });
  });

  it('completes in bash', async () => {
    const folder = await temporaryBank();
    const bin = join(folder, 'drovebank');
    writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
    chmodSync(bin, 0o755);
    const script = `
      PATH="${folder}:$PATH"
      source <(drovebank complete bash)
      COMP_WORDS=(drovebank deposit a1002); COMP_CWORD=2; COMPREPLY=()
      _drovebank
      echo "\${COMPREPLY[@]}"`;
    const ran = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
    expect(ran.stdout.trim()).toBe('a10025');
    // What is typed is never run.
    const evil = script
      .replace('deposit a1002)', `deposit '$(touch ran)' "O'Brien" a1002)`)
      .replace('COMP_CWORD=2', 'COMP_CWORD=4');
    expect(spawnSync('bash', ['-c', evil], { cwd: folder, encoding: 'utf8' }).stderr).toBe('');
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});

describe('--read-only', () => {
  it('books nothing, and lets one look and try out', async () => {
    const folder = await temporaryBank();
    const refused = await runHere(folder, ['deposit', 'a10017', '1.00', '--read-only']);
    expect(refused).toMatchObject({ code: 8, stdout: '' });
    expect(refused.stderr).toContain('With --read-only deposit books nothing. (BANK_READ_ONLY)');
    expect(await runHere(folder, ['--read-only', 'balance', 'a10017'])).toMatchObject({ code: 0 });
    const dry = await runHere(folder, ['deposit', 'a10017', '1', '--read-only', '--dry-run']);
    expect(dry).toMatchObject({ code: 0 });
  });
});

describe('The manual page', () => {
  it('has every command with its flags, and no line that is taken for a request', async () => {
    const page = readFileSync(PROGRAM.replace(/bin\/drovebank\.js$/, 'drovebank.1'), 'utf8');
    for (const { usage, options = [] } of COMMANDS) {
      const name = usage.split(' ')[0] ?? '';
      expect(page).toContain(`.SS drovebank ${name.replaceAll('-', '\\-')}`);
      for (const [flag] of options) expect(page).toContain(`.B ${flag.replaceAll('-', '\\-')}`);
    }
    const requests = page.split('\n').filter((line) => /^[.']/.test(line));
    const known = /^\.(TH|SH|SS|TP|PP|B|nf|fi)\b/;
    expect(requests.filter((line) => !known.test(line))).toEqual([]);
  });
});
