import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowCheck } from '#lib/format/passbook-page.js';
import { pagePath } from '../store/books.js';
import {
  BANK,
  balances,
  drovebank,
  leaveUnverified,
  runHere,
  succeedHere,
  temporaryBank,
} from './run-cli.js';

/** What could play tricks on a terminal, by name. */
const HOSTILE: Readonly<Record<string, string>> = {
  'an escape that clears the screen': '\u001b[2J',
  'a link (OSC 8)': '\u001b]8;;http://x\u0007click\u001b]8;;\u0007',
  'the clipboard (OSC 52)': '\u001b]52;c;ZXZpbA==\u0007',
  'a carriage return': 'good\rbad',
  'a line feed': 'good\nbad',
  'a C1 control': '\u009b2J',
  'text from right to left': '\u202egnp.exe',
  'an isolate': '\u2066x\u2069',
  'a line separator': 'a\u2028b',
  'a NUL': 'a\u0000b',
  'a byte order mark': '\ufeffa',
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202a-\u202e\u2066-\u2069\ufeff]/;

describe('What could play tricks on a terminal', () => {
  it.each(Object.entries(HOSTILE))(
    '%s gets into no name and no memo, and is not told again',
    async (_, evil) => {
      const folder = await temporaryBank();
      const before = await balances(folder);
      const csv = 'account,opened,first_name,last_name,currency,overdraft_limit\n';
      writeFileSync(join(folder, 'evil.csv'), `${csv}c1,2026-01-01,"${evil}",Orff,USD,0.00\n`);
      const line = JSON.stringify({ op: 'deposit', id: 'a10017', amount: '1', memo: evil });
      writeFileSync(join(folder, 'evil.jsonl'), `${line}\n`);
      const lines: string[][] = [
        ['open', evil, 'Smith'],
        ['rename', 'a10017', 'Ada', evil],
        ['deposit', 'a10017', '1.00', '--memo', evil],
        ['deposit', 'a10017', '1.00', '--reference', evil],
        ['deposit', 'a10017', '1.00', '--key', evil],
        ['deposit', evil, '1.00'],
        ['list', '--search', evil],
        ['balance', evil, '--json'],
        ['batch', 'evil.jsonl'],
        ['import', 'evil.csv'],
        [evil],
        ['list', `--${evil}`],
      ];
      for (const args of lines) {
        const { code, stdout, stderr } = await runHere(folder, args);
        const shown = JSON.stringify([args, stdout, stderr]);
        expect(code === 0 && args[0] !== 'list', shown).toBe(false);
        expect(stdout + stderr, shown).not.toMatch(RAW);
      }
      expect(await balances(folder)).toEqual(before);
    },
  );

  it('is shown as � where a file was written by somebody else', async () => {
    const folder = await temporaryBank();
    const { code, stderr } = await runHere(folder, ['import', 'a\u001b[31mb.csv']);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a�[31mb.csv'),
    });
  });

  it('is shown as � at a Tab where a passbook was written by somebody else', async () => {
    const folder = await temporaryBank();
    leaveUnverified(folder);
    const path = pagePath(join(folder, BANK), 'a10025');
    const [header = '', row = ''] = readFileSync(path, 'utf8').split('\n');
    // A check that fits is made by whoever likes.
    const forged = row.replace('"Bob"', '"B\u001b[31m\u009b\u202e\tb"').slice(0, -17);
    writeFileSync(path, `${header}\n${forged}${rowCheck('', forged)}.\n`);
    const { stdout } = drovebank(folder, ['complete', '--', 'balance', 'a10025']);
    expect(stdout).toBe('a10025\tB�[31m���b Smith\n:4\n');
  });

  it('and what a spreadsheet takes for a formula is a text in the file, and itself on the screen', async () => {
    const folder = await temporaryBank();
    for (const memo of ['=1+1', '+1', '-1', '@SUM(A1)', '\uff1d1', ' =1', "'quoted"]) {
      await succeedHere(folder, ['deposit', 'a10017', '1.00', `--memo=${memo}`]);
      const history = await succeedHere(folder, ['history', 'a10017', '--reverse', '--limit', '1']);
      expect(history.trimEnd().endsWith(memo.trim()), history).toBe(true);
      const args = ['history', 'a10017', '--reverse', '--limit', '1', '--plain'];
      const cells = (await succeedHere(folder, args)).trimEnd().split('\t');
      expect(cells.at(-1)).toBe(`'${memo}`);
      expect(cells).toContain('+1.00');
    }
    await succeedHere(folder, [
      'open',
      '=1+1',
      'Smith',
      '--id',
      'formula',
      '--overdraft-limit',
      '5',
    ]);
    await succeedHere(folder, ['withdraw', 'formula', '1']);
    const facts = await succeedHere(folder, ['show', 'formula', '--plain']);
    expect(facts).toContain("name\t'=1+1 Smith\n");
    expect(facts).toContain('balance\t-1.00\n');
    const page = readFileSync(pagePath(join(folder, BANK), 'a10017'), 'utf8');
    for (const cell of page.split(/[,\n]/)) expect(cell).not.toMatch(/^"?[=+@\t\uff1d]/);
    expect(page).toContain(`"'=1+1"`);
  });
});
