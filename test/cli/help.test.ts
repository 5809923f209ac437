import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '#lib/cli/command-table.js';
import { widthOf } from '#lib/cli/terminal-text.js';
import { sample } from '../sample.js';
import { drovebank, PROGRAM, runHere, succeed, temporaryBank, temporaryFolder } from './run-cli.js';

const nameOf = (usage: string) => usage.split(' ')[0] ?? '';

describe('without a terminal', () => {
  it('no command: the help goes to standard error, and the exit code is 2', () => {
    const ran = drovebank(temporaryFolder(), []);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('Usage: drovebank');
    expect(drovebank(temporaryFolder(), ['--no-input', '-q']).code).toBe(2);
  });
});

describe('help', () => {
  it('lists every command within 80 columns', () => {
    const text = succeed(temporaryFolder(), ['--help']);
    for (const { usage, summary } of COMMANDS) {
      expect(text).toContain(`  ${nameOf(usage)}`);
      expect(text.replace(/\s+/g, ' ')).toContain(summary);
    }
    for (const line of text.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  });

  it.each(COMMANDS)('$usage: has its own, with two examples', async ({ usage, examples }) => {
    const { code, stdout: text } = await runHere(temporaryFolder(), [nameOf(usage), '--help']);
    expect(code).toBe(0);
    for (const example of examples) expect(text).toContain(example);
    for (const line of text.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  });

  it('tells the version', () => {
    expect(succeed(temporaryFolder(), ['-V'])).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the examples of the help', () => {
  // Outside CI the first of the two.
  // The demo's examples are the demo itself; it has a test of its own.
  // Those of the teller and the cash machine need a terminal: test/terminal/.
  const tried = COMMANDS.filter(({ usage }) => !['demo', 'teller', 'atm'].includes(usage));
  it.each(tried)('$usage: both run as they stand', async ({ usage, examples }) => {
    const folder = usage === 'init' ? temporaryFolder() : await temporaryBank();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'drovebank'),
      `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`,
    );
    chmodSync(join(bin, 'drovebank'), 0o755);
    writeInputs(folder);
    if (usage.includes('<hold>')) succeed(folder, ['hold', 'a10017', '5.00']);
    if (usage.startsWith('end-order')) {
      succeed(folder, ['order', 'a10017', 'a10025', '1.00', '--every', 'month']);
    }
    if (usage.startsWith('exchange')) {
      succeed(folder, ['open', 'Ada', 'Lovelace', '--id', 'euros', '--currency', 'EUR']);
    }
    for (const example of sample(examples, 2)) {
      const { status, stderr } = spawnSync('sh', ['-c', example], {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      });
      expect(status, `${example}\n${stderr}`).toBe(0);
    }
  });
});

/** The files that the examples name. */
function writeInputs(folder: string): void {
  const rows = {
    'pin.txt': '1212\n',
    'accounts.csv':
      'account,opened,first_name,last_name,currency,overdraft_limit\nc1,2026-01-01,Carl,Orff,USD,0.00\n',
    'transactions.csv': 'id,date,account,direction,amount\n1,2026-01-02,c1,in,5.00\n',
    'payments.csv': 'op,from,to,amount,key\ntransfer,a10017,a10025,1.00,p-1\n',
    'payments.jsonl':
      '{"op":"transfer","from":"a10017","to":"a10025","amount":"1.00","key":"p-2"}\n',
  };
  for (const [name, text] of Object.entries(rows)) writeFileSync(join(folder, name), text);
}
