import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  balances,
  documents,
  drovebank,
  leaveUnread,
  onFullDisk,
  runHere,
  start,
  succeed,
  temporaryBank,
} from './run-cli.js';

const LINES = [
  { op: 'transfer', from: 'a10017', to: 'a10025', amount: '10.00', key: 'k-1' },
  { op: 'withdraw', from: 'a10017', amount: '1000.00', key: 'k-2' },
  { op: 'deposit', to: 'a10025', amount: '1.00', memo: 'tip', key: 'k-3' },
  { op: 'open', firstName: 'Grace', lastName: 'Hopper', id: 'grace', key: 'k-4' },
];
const text = (lines: readonly unknown[]) =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

describe('batch', () => {
  it('answers each line, goes on behind a refusal, and ends with 5', async () => {
    const folder = await temporaryBank();
    writeFileSync(join(folder, 'b.jsonl'), text(LINES));
    const ran = await runHere(folder, ['batch', 'b.jsonl']);
    expect(ran.code).toBe(5);
    const [first, second, third, fourth] = ran.stdout.split('\n');
    expect(first).toContain('1: Transferred 10.00 USD from a10017 to a10025.');
    expect(second).toMatch(/^2: refused: a10017 has 90\.00 USD available.*INSUFFICIENT_FUNDS/);
    expect(third).toContain('3: Deposited 1.00 USD to a10025. Balance 11.00 (was 10.00).');
    expect(fourth).toContain('4: Opened grace for Grace Hopper in USD.');
    expect(ran.stderr).toContain('3 booked, 0 booked before, 1 refused, 0 invalid.');
  });

  it('books nothing twice when it runs again with the same keys', async () => {
    const folder = await temporaryBank();
    drovebank(folder, ['batch', '-'], { input: text(LINES) });
    const before = await balances(folder);
    const again = drovebank(folder, ['batch', '-', '--json'], { input: text(LINES) });
    expect(documents(again.stdout)).toMatchObject([
      { kind: 'batch.result', line: 1, ok: true, receipt: { replayed: true } },
      { kind: 'batch.result', line: 2, ok: false, error: { code: 'INSUFFICIENT_FUNDS' } },
      { kind: 'batch.result', line: 3, ok: true, receipt: { replayed: true } },
      { kind: 'batch.result', line: 4, ok: true, account: { id: 'grace', replayed: true } },
    ]);
    expect(again.stderr).toBe('');
    expect(await balances(folder)).toEqual(before);
  });

  it('ends with 2 when a line makes no sense, and books the others', async () => {
    const folder = await temporaryBank();
    const input = `{"op":"deposit","id":"a10017","amount":1.5}\n${text(LINES.slice(0, 1))}`;
    const ran = drovebank(folder, ['batch', '-'], { input });
    expect(ran.code).toBe(2);
    expect(ran.stdout).toMatch(/^1: refused: amount 1\.5 is a JS number.*\n2: Transferred/);
  });

  it('books all lines or none with --atomic', async () => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    const atomic = ['batch', '-', '--atomic'];
    const refused = drovebank(folder, atomic, { input: `\n${text(LINES)}` });
    expect(refused).toMatchObject({ code: 5, stdout: '' });
    expect(refused.stderr).toMatch(/Line 3: a10017 has 100\.00 USD|Line 3: a10017 has 90\.00 USD/);
    expect(refused.stderr).toContain('No line is booked. (INSUFFICIENT_FUNDS)');
    const told = documents(drovebank(folder, [...atomic, '--json'], { input: text(LINES) }).stderr);
    expect(told).toMatchObject([{ code: 'INSUFFICIENT_FUNDS', details: { line: 2 } }]);
    expect(told[0]?.details).not.toHaveProperty('index');
    const torn = drovebank(folder, atomic, { input: `${text(LINES.slice(2))}{"op":` });
    expect(torn).toMatchObject({ code: 2, stdout: '' });
    expect(torn.stderr).toMatch(/Line 3: The line is no JSON.*No line is booked\./);
    const many = drovebank(folder, atomic, { input: text(LINES.slice(2, 3)).repeat(16_385) });
    expect(many).toMatchObject({ code: 5, stdout: '' });
    expect(many.stderr).toContain('at most 16384 go together');
    expect(await balances(folder)).toEqual(before);

    const lines = [...LINES.slice(2), LINES[0]];
    const ran = succeed(folder, atomic, { input: text(lines) });
    expect(ran.split('\n')).toHaveLength(4);
    expect(ran).toContain('3: Transferred 10.00 USD from a10017 to a10025.');
    expect(succeed(folder, [...atomic, '--json'], { input: text(lines) })).toMatch(
      /(.*"replayed":true.*\n){3}/,
    );
    expect(await balances(folder)).toMatchObject({ a10025: '11.00 after 3 rows' });
  });

  it('takes CSV with a header', async () => {
    const folder = await temporaryBank();
    const input =
      'op,from,to,id,amount,memo\ntransfer,a10017,a10025,,2.50,"a, b"\ndeposit,,,a10025,1,\n';
    expect(succeed(folder, ['batch', '-'], { input })).toContain('a10025. Balance 3.50');
  });

  it('decides and books nothing in a dry run', async () => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    const input = text(LINES.slice(0, 1));
    expect(succeed(folder, ['batch', '-', '--dry-run'], { input })).toContain('Would transfer');
    expect(await balances(folder)).toEqual(before);
  });

  it('stops when nobody reads the answers any more (| head -1), and says how far it came', async () => {
    const folder = await temporaryBank();
    const child = start(folder, ['batch', '-']);
    const ended = leaveUnread(child);
    child.stdin.on('error', () => undefined);
    // More lines than a pipe holds, and no end of them: it has to stop by itself.
    const pour = () => {
      if (child.exitCode === null && child.stdin.writable) {
        child.stdin.write(
          text(LINES.slice(2, 3)).repeat(1_000).replaceAll(',"key":"k-3"', ''),
          pour,
        );
      }
    };
    pour();
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/cut short\. Up to line \d+: \d+ booked/);
  });

  it('was not cut short when all is booked and nobody reads the end of it', async () => {
    const folder = await temporaryBank();
    const lines = text(LINES.slice(2, 3)).replaceAll(',"key":"k-3"', '').repeat(500);
    const child = start(folder, ['batch', '-']);
    const ended = leaveUnread(child);
    child.stdin.end(lines);
    expect(await ended).toEqual({
      code: 0,
      stderr: '500 booked, 0 booked before, 0 refused, 0 invalid.\n',
    });
  });

  it.skipIf(!existsSync('/dev/full'))('says that its answers could not be written', async () => {
    const folder = await temporaryBank();
    const line = text(LINES.slice(2, 3)).replaceAll(',"key":"k-3"', '');
    const whole = onFullDisk(folder, ['batch', '-'], line.repeat(500));
    expect(whole.code).toBe(0);
    expect(whole.stderr).toMatch(
      /^500 booked.*\nwarning: The command did its work; its answer was lost: .*ENOSPC/,
    );
    const cut = onFullDisk(folder, ['batch', '-'], line.repeat(9_000));
    expect(cut.code).toBe(8);
    expect(cut.stderr).toMatch(/could not be written: .*ENOSPC.* Up to line \d+: \d+ booked/);
  });

  it('says that a JSON array is none', async () => {
    const folder = await temporaryBank();
    const ran = drovebank(folder, ['batch', '-'], { input: `\n${JSON.stringify(LINES)}\n` });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('it is a JSON array; write one object on each line.');
  });

  it('says which file is not there', async () => {
    const folder = await temporaryBank();
    const ran = await runHere(folder, ['batch', 'absent.jsonl']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('There is no file absent.jsonl. (INVALID_FILE)');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('answers while more is to come; %s ends it with %i', async (signal, code) => {
    const folder = await temporaryBank();
    const child = start(folder, ['batch', '-', '--json']);
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdin.write(text(LINES.slice(0, 1)));
    const [answer] = await new Promise<Buffer[]>((resolve) => {
      child.stdout.once('data', (chunk: Buffer) => resolve([chunk]));
    });
    expect(documents(String(answer))).toMatchObject([{ line: 1, ok: true }]);
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    child.kill(signal);
    expect(await ended).toBe(code);
    const [error] = documents(complaint);
    expect(error).toMatchObject({ code: 'CANCELLED', details: { line: 1, booked: 1 } });
    expect(error?.message).toContain('cut short. Up to line 1: 1 booked');
    expect(await balances(folder)).toMatchObject({ a10025: '10.00 after 2 rows' });
  });
});
