import { describe, expect, it } from 'vitest';
import { start, temporaryBank } from '../cli/run-cli.js';
import { canRun } from '../kernel/needs.js';
import { sitDown } from './screen.js';

const ran = canRun('a command that waits, at a terminal', { test: 'test/terminal/wait.test.ts' });

describe.runIf(ran)('A command that has to wait', () => {
  it('says so, and leaves nothing of it behind', async () => {
    const folder = await temporaryBank();
    // Who writes is stopped: it takes a while until somebody else may.
    const writer = start(folder, ['batch', '-', '--json']);
    writer.stdin.write('{"op":"deposit","id":"a10017","amount":"1.00"}\n');
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    writer.kill('SIGSTOP');
    const screen = sitDown({ folder, args: ['deposit', 'a10017', '2.00'] });
    await screen.shows(/Working… \d+ s/);
    const shown = await screen.shows('Deposited 2.00 USD', 'ended with 0');
    expect(shown).not.toContain('Working');
    writer.kill('SIGKILL');
  });
});
