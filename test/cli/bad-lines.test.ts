import { describe, expect, it } from 'vitest';
import { COMMANDS, type CommandFacts } from '#lib/cli/command-table.js';
import { optionsOf } from '#lib/cli/flags.js';
import { balances, documents, runHere, temporaryBank } from './run-cli.js';

const LINES = 1_000;

/** What plays tricks on a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

/** The same numbers for the same seed. */
function numbers(seed: number) {
  let state = seed;
  const below = (count: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  return { below, oneOf: <T>(of: readonly T[]): T => of[below(of.length)] as T };
}
type Numbers = ReturnType<typeof numbers>;

const ODD = [
  ...['', ' ', '--', '---x', 'ä', '💰', '\u001b[2J', 'a\rb', '\u202eabc', 'x'.repeat(5_000)],
  ...['NaN', '1e3', '-5', '+5', '0', '0x10', '1,50', '1.234', '9'.repeat(30), '∞', 'null', '[]'],
  ...['2026-13-01', 'yesterday', '../..', '/dev/null/x', 'a10018', 'nobody', 'world-usd', '*'],
];
/** What each kind of operand is when it is right. */
const RIGHT: Readonly<Record<string, string>> = {
  id: 'a10017',
  from: 'a10017',
  to: 'a10025',
  amount: '1.00',
  first: 'Grace',
  last: 'Hopper',
  hold: 'a10017.9',
  transfer: '4',
  order: '1',
  file: 'absent.jsonl',
  shell: 'bash',
};
/** Those ask, or make something elsewhere; each has bad lines of its own elsewhere. */
const LEFT_OUT = ['demo', 'init', 'watch', 'complete'];

const nameOf = ({ usage }: CommandFacts) => usage.split(' ')[0] ?? '';
const operandsOf = ({ usage }: CommandFacts) =>
  usage
    .split(' ')
    .slice(1)
    .map((operand) => RIGHT[operand.replace(/[<>.]/g, '')] ?? '1');

/** A command line with something wrong with it. */
function badLine({ below, oneOf }: Numbers, commands: readonly CommandFacts[]): string[] {
  const facts = oneOf(commands);
  const [name, operands] = [nameOf(facts), operandsOf(facts)];
  const taking = optionsOf(facts).filter(([flag]) => flag.includes('<'));
  switch (below(7)) {
    case 0: {
      // A letter too much, too few, or another one.
      const at = below(name.length);
      const typo = oneOf([
        name.slice(0, at) + name.slice(at + 1),
        `${name.slice(0, at)}x${name.slice(at)}`,
        `${name}s-`,
      ]);
      return [commands.some((one) => nameOf(one) === typo) ? `${typo}-` : typo, ...operands];
    }
    case 1:
      return operands.length === 0 ? [name, oneOf(ODD), 'x'] : [name, ...operands.slice(1)];
    case 2:
      return [name, ...operands, ...operands, 'too', 'many'];
    case 3:
      return [name, ...operands, oneOf(['--meno', '--jsom', '--x', '-z', '--no-colour', '--limt'])];
    case 4: {
      if (operands.length === 0) return [name, oneOf(ODD) || 'x'];
      const at = below(operands.length);
      return [name, ...operands.map((right, index) => (index === at ? oneOf(ODD) : right))];
    }
    case 5: {
      const [flag = '--dir <dir>'] = taking.length > 0 ? oneOf(taking) : [];
      return [name, ...operands, flag.split(' ').find((word) => word.startsWith('--')) ?? '--dir'];
    }
    default: {
      const [flag = '--dir <dir>'] = taking.length > 0 ? oneOf(taking) : [];
      const long = flag.split(' ').find((word) => word.startsWith('--')) ?? '--dir';
      return [name, ...operands, long, oneOf(ODD)];
    }
  }
}

describe('A thousand bad command lines', () => {
  it('each get a right exit code, no stack trace, and a next step; nothing is booked', async () => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    const commands = COMMANDS.filter((facts) => !LEFT_OUT.includes(nameOf(facts)));
    const random = numbers(20_261_127);
    const lines = Array.from({ length: LINES }, () => badLine(random, commands));
    const codes = new Map<number | null, number>();
    for (const line of lines) {
      // What is right after all (a memo of any kind is one) may run, and book nothing.
      const args = [...line, '--dry-run'];
      const takesDryRun = COMMANDS.some((one) => nameOf(one) === line[0] && one.writes);
      const { code, stderr } = await runHere(folder, takesDryRun ? args : line);
      const shown = `${JSON.stringify(line)}\n${stderr}`;
      codes.set(code, (codes.get(code) ?? 0) + 1);
      expect([0, 2, 3, 4, 5, 8], shown).toContain(code);
      expect(stderr, shown).not.toMatch(/\n\s+at |node:internal|\[object|undefined/);
      expect(stderr, shown).not.toMatch(HIDDEN);
      if (code === 0) continue;
      expect(stderr, shown).toMatch(/^error: .*\([A-Z_]+\)\n/m);
      expect(stderr, shown).toMatch(/^ next: \S/m);
    }
    expect(codes.get(2)).toBeGreaterThan(codes.get(0) ?? 0);
    expect(await balances(folder)).toEqual(before);
  });

  it('say the same as JSON', async () => {
    const folder = await temporaryBank();
    const commands = COMMANDS.filter((facts) => !LEFT_OUT.includes(nameOf(facts)) && facts.writes);
    const random = numbers(7);
    for (const line of Array.from({ length: 200 }, () => badLine(random, commands))) {
      const { code, stderr } = await runHere(folder, [...line, '--dry-run', '--json']);
      if (code === 0) continue;
      const [error, ...others] = documents(stderr);
      expect(others, JSON.stringify(line)).toEqual([]);
      expect(error, JSON.stringify(line)).toMatchObject({ v: 1, kind: 'error' });
      expect(String(error?.hint).length, JSON.stringify(error)).toBeGreaterThan(0);
    }
  });

  it('take no flag for the value of another one', async () => {
    const folder = await temporaryBank();
    const before = await balances(folder);
    for (const args of [
      ['deposit', 'a10017', '1.00', '--memo', '--dry-run'],
      ['deposit', 'a10017', '1.00', '--key', '-q'],
      ['--dir', '--json', 'deposit', 'a10017', '1.00'],
    ]) {
      const { code, stderr } = await runHere(folder, args);
      const told = { code: 2, stderr: expect.stringContaining('has no value') };
      expect({ code, stderr }).toMatchObject(told);
    }
    expect(await balances(folder)).toEqual(before);
  });

  it.each([
    [['deposit', 'a10017'], 'It is: drovebank deposit <id> <amount>.'],
    [['-q', 'deposit'], 'See `drovebank help deposit`.'],
    [['statement', 'a10017', '--from', '2026-13'], '2026-13'],
    [['fee', '1.00'], 'See `drovebank help fee`.'],
    [['open', '-x', 'Smith'], 'Put -- before a text that begins with -.'],
    [['history', 'a10017', '--from', '2026-02-01', '--to', '2026-01-01'], 'lies behind --to'],
    [['statement', 'a10017', '--from', '2026-02-01', '--to', '2026-01-31'], 'lies behind --to'],
    [['deposit', 'a10017', 'x'], 'Give a decimal text such as "12.50".\n'],
  ])('%j is told what would be right', async (args, expected) => {
    const { code, stdout, stderr } = await runHere(await temporaryBank(), args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(expected);
  });

  it.each([
    [['depsit', 'a10017', '1'], 'Did you mean deposit?'],
    [['help', 'depsit'], "Unknown command 'depsit'. (Did you mean deposit?)"],
    [['-q', 'help', 'depsit'], "Unknown command 'depsit'. (Did you mean deposit?)"],
    [['list', '--serch', 'x'], 'Did you mean --search?'],
    [['balance', 'a10071'], 'Did you mean a10017?'],
  ])('%j is told what was perhaps meant', async (args, expected) => {
    const { stderr } = await runHere(await temporaryBank(), args);
    expect(stderr).toContain(expected);
  });
});
