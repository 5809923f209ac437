import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { succeed, temporaryBank } from '../cli/run-cli.js';
import { canRun } from '../kernel/needs.js';
import { sitDown } from './screen.js';

const ran = canRun('the pager at a terminal', { test: 'test/terminal/pager.test.ts' });

/** A bank with 40 accounts more. */
async function longList(): Promise<string> {
  const folder = await temporaryBank();
  const lines = Array.from({ length: 40 }, (_, at) => {
    const lastName = `No${String(at).padStart(2, '0')}`;
    return JSON.stringify({ op: 'open', firstName: 'Member', lastName, id: `m${at}` });
  });
  writeFileSync(join(folder, 'open.jsonl'), `${lines.join('\n')}\n`);
  succeed(folder, ['batch', 'open.jsonl', '-q']);
  return folder;
}

describe.runIf(ran)('A list that is longer than the terminal', () => {
  it('is read page by page, and left with q at once and quietly', async () => {
    const folder = await longList();
    const screen = sitDown({ folder, args: ['list'] });
    await screen.shows('Ada Lovelace', /^:$/m, /^(?!.*No39)/s);
    screen.presses('Space');
    await screen.shows('No30', /^(?!.*Ada)/s);
    screen.presses('q');
    await screen.shows('ended with 0', /^(?!.*(warning|error))/s);
  });

  it('is left before its end', async () => {
    const folder = await longList();
    const screen = sitDown({ folder, args: ['list', '--limit', '42'] });
    await screen.shows(/^:$/m);
    screen.presses('q');
    await screen.shows('ended with 0', /^(?!.*error)/s);
  });

  it.each([['--no-input'], ['--accessible'], ['--plain']])(
    'is printed without a pager with %s',
    async (flag) => {
      const screen = sitDown({ folder: await longList(), args: ['list', flag] });
      await screen.shows('No39', 'ended with 0');
    },
  );

  it('is printed as it is where there is no pager, or none is wanted', async () => {
    const folder = await longList();
    for (const PAGER of ['nowhere-to-be-found', 'cat', '']) {
      const screen = sitDown({ folder, args: ['list'], env: { PAGER } });
      await screen.shows('No39', 'ended with 0');
    }
  });

  it('that fits on the screen is printed at once', async () => {
    const screen = sitDown({ folder: await temporaryBank(), args: ['history', 'a10017'] });
    await screen.shows('first deposit', 'ended with 0');
  });
});

describe.runIf(ran)('An account that is watched at a terminal', () => {
  it('shows each new row at once, until Ctrl-C', async () => {
    const folder = await temporaryBank();
    const screen = sitDown({ folder, args: ['watch', 'a10017'] });
    await screen.shows('Watching a10017 from row 3 on; Ctrl-C ends.');
    succeed(folder, ['deposit', 'a10017', '1.00', '--memo', 'one']);
    await screen.shows('+1.00', 'one');
    succeed(folder, ['withdraw', 'a10017', '2.00', '--memo', 'two']);
    await screen.shows('-2.00', 'two');
    screen.presses('C-c');
    expect(await screen.shows('ended with 130')).not.toContain('error');
  });
});
