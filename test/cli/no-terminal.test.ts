import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '#lib/cli/command-table.js';
import { sample } from '../sample.js';
import { PROGRAM, succeed, temporaryBank } from './run-cli.js';

/** A right line for each command, but for those that read standard input on purpose, or end only with Ctrl-C. */
const LINES = COMMANDS.map(({ usage }) => usage.split(' '))
  .filter(([name = '']) => !['watch', 'demo'].includes(name))
  .map(([name = '', ...operands]) => {
    const right: Readonly<Record<string, string>> = {
      '<id>': 'a10017',
      '<from>': 'a10017',
      '<to>': 'a10025',
      '<amount>': '1.00',
      '<file>': 'absent.jsonl',
      '<files...>': 'absent.csv',
      '<shell>': 'bash',
    };
    return [name, ...operands.map((operand) => right[operand] ?? 'x')];
  });

/** Runs a command with standard input from a pipe that nobody writes to and nobody closes. */
function withOpenPipe(folder: string, args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return new Promise((resolve) => child.on('close', resolve));
}

describe('Without a terminal', () => {
  it.each(sample([[], ...LINES], 6))('%s %s %s: waits for no input', async (...line) => {
    const folder = await temporaryBank();
    const args = line.filter((word) => word !== undefined);
    const empty = spawnSync(process.execPath, [PROGRAM, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    expect(empty.stderr).not.toMatch(/\n\s+at \S+ \(/);
    const second = await withOpenPipe(folder, args);
    // What booked the first time may be refused the second time, a close for example.
    expect(typeof second).toBe('number');
  });

  it.each(['list', 'entries', 'list --json', 'history m --plain'])(
    '%s | head -1 ends at once and quietly',
    async (command) => {
      const folder = await temporaryBank();
      const lines = Array.from({ length: 3_000 }, (_, at) =>
        JSON.stringify(
          at === 0
            ? { op: 'open', firstName: 'M', lastName: 'N', id: 'm' }
            : { op: 'deposit', id: 'm', amount: '0.01', memo: 'x'.repeat(60) },
        ),
      );
      writeFileSync(join(folder, 'b.jsonl'), `${lines.join('\n')}\n`);
      succeed(folder, ['batch', 'b.jsonl', '-q']);
      const piped = `"${process.execPath}" "${PROGRAM}" ${command} | head -1; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', piped], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout.trim().split('\n').at(-1)).toBe('0');
      expect(stdout.trim().split('\n')).toHaveLength(2);
    },
  );
});
