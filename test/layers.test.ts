import { describe, expect, it } from 'vitest';
import { entryFiles, importsOf, layerProblems, reExports, sourceFiles } from './layers.js';

const FILES = sourceFiles();
const IMPORTS = new Map(FILES.map(([path, source]) => [path, importsOf(path, source)]));

describe('The sources', () => {
  it('import downwards only, load no circle, and touch the disk in one layer', () => {
    expect(layerProblems(IMPORTS)).toEqual([]);
  });

  it('import nothing that is not there', () => {
    const lost = [...IMPORTS].flatMap(([path, { now, types, later }]) =>
      [...now, ...types, ...later]
        .filter((to) => to.endsWith('.ts') && !IMPORTS.has(to))
        .map((to) => `${path} imports ${to}`),
    );
    expect(lost).toEqual([]);
  });

  it('hand on what others have where other programs come in, and nowhere else', () => {
    const barrels = FILES.filter(([, source]) => reExports(source)).map(([path]) => path);
    expect(entryFiles()).toContain('lib/index.ts');
    expect(barrels.filter((path) => !entryFiles().includes(path))).toEqual([]);
  });
});

describe('The checker of layers', () => {
  const SOUND = {
    'lib/ledger/decide.ts': ['lib/ledger/money.ts'],
    'lib/ledger/money.ts': [],
    'lib/format/csv.ts': ['node:crypto', 'lib/ledger/money.ts'],
    'lib/disk/node-disk.ts': ['node:fs/promises', 'lib/format/csv.ts', 'proper-lockfile'],
    'lib/store/log.ts': ['node:path', 'lib/disk/node-disk.ts', 'lib/ledger/decide.ts'],
    'lib/bank/bank.ts': ['lib/store/log.ts'],
    'lib/index.ts': ['lib/bank/bank.ts'],
    'lib/interchange/import.ts': ['csv-parse/sync', 'lib/index.ts'],
    'lib/cli/program.ts': ['commander', 'lib/interchange/import.ts'],
    'bin/drovebank.ts': ['lib/cli/program.ts'],
  };
  const NONE = { now: [], types: [], later: [] };
  const graphOf = (change: Record<string, string[]>) =>
    new Map(Object.entries({ ...SOUND, ...change }).map(([path, now]) => [path, { ...NONE, now }]));
  const problems = (change: Record<string, string[]>) => layerProblems(graphOf(change));

  it('finds nothing where nothing is wrong', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ 'lib/cli/atm.ts': ['lib/atm/a.ts'], 'lib/atm/a.ts': [] })).toEqual([]);
  });

  it.each<[string, Record<string, string[]>]>([
    [
      'lib/ledger/money.ts imports upwards: lib/format/csv.ts',
      { 'lib/ledger/money.ts': ['lib/format/csv.ts'], 'lib/format/csv.ts': [] },
    ],
    [
      'lib/disk/node-disk.ts imports upwards: lib/store/page.ts',
      { 'lib/disk/node-disk.ts': ['lib/store/page.ts'] },
    ],
    [
      'lib/interchange/import.ts imports upwards: lib/cli/say.ts',
      { 'lib/interchange/import.ts': ['lib/cli/say.ts'] },
    ],
    ['lib/ledger/money.ts is not pure: node:crypto', { 'lib/ledger/money.ts': ['node:crypto'] }],
    ['lib/format/csv.ts is not pure: node:path', { 'lib/format/csv.ts': ['node:path'] }],
    ['lib/format/csv.ts is not pure: csv-parse', { 'lib/format/csv.ts': ['csv-parse'] }],
    ['lib/store/log.ts touches the disk: node:fs', { 'lib/store/log.ts': ['node:fs'] }],
    ['bin/drovebank.ts touches the disk: graceful-fs', { 'bin/drovebank.ts': ['graceful-fs'] }],
    [
      'lib/bank/bank.ts touches the disk: write-file-atomic',
      { 'lib/bank/bank.ts': ['write-file-atomic'] },
    ],
    [
      'commander is imported by lib/cli/program.ts and lib/cli/help.ts',
      { 'lib/cli/help.ts': ['commander'] },
    ],
    ['lib/helpers/all.ts is in no layer', { 'lib/helpers/all.ts': ['lib/ledger/money.ts'] }],
    [
      'a circle: lib/ledger/decide.ts → lib/ledger/money.ts → lib/ledger/decide.ts',
      { 'lib/ledger/money.ts': ['lib/ledger/decide.ts'] },
    ],
    [
      'a circle: lib/ledger/self.ts → lib/ledger/self.ts',
      { 'lib/ledger/self.ts': ['lib/ledger/self.ts'] },
    ],
    ['lib/index.ts loads lib/cli/say.ts', { 'lib/bank/bank.ts': ['lib/cli/say.ts'] }],
    ['lib/index.ts loads lib/network/peer.ts', { 'lib/store/log.ts': ['lib/network/peer.ts'] }],
  ])('says: %s', (sentence, change) => {
    expect(problems(change)).toContain(sentence);
  });

  it.each(['types', 'later'] as const)('looks at %s as well, but not for circles', (kind) => {
    const asked = (path: string, to: string) =>
      layerProblems(graphOf({}).set(path, { ...NONE, [kind]: [to] }));
    expect(asked('lib/format/csv.ts', 'lib/store/log.ts')).toEqual([
      'lib/format/csv.ts imports upwards: lib/store/log.ts',
    ]);
    expect(asked('lib/store/log.ts', 'node:fs')).toEqual([
      'lib/store/log.ts touches the disk: node:fs',
    ]);
    expect(asked('lib/cli/help.ts', 'commander')).toHaveLength(1);
    expect(asked('lib/ledger/money.ts', 'lib/ledger/decide.ts')).toEqual([]);
  });
});

describe('The reader of imports', () => {
  it('sees every form', () => {
    const source = `
      import 'one';
      import two from "two";
      import { three, type Three } from '../format/three.js';
      import type { Four } from './four.js';
      import * as five from 'node:five';
      import {
        six,
        seven,
      } from './six.js';
      export { eight } from './eight.js';
      export * from './nine.js';
      /** import { none } from './comment.js' */
      const later = await import('./later.js');
      const lazy = require('lazy');
      const own = process.getBuiltinModule('node:own');
      new Worker(new URL('./worker.js', import.meta.url));
    `;
    expect(importsOf('lib/store/a.ts', source)).toEqual({
      now: [
        ...['two', 'lib/format/three.ts', 'node:five', 'lib/store/six.ts'],
        ...['lib/store/eight.ts', 'lib/store/nine.ts', 'one'],
      ],
      types: ['lib/store/four.ts'],
      later: ['lib/store/later.ts', 'lazy', 'node:own', 'lib/store/worker.ts'],
    });
  });

  it.each([
    ["export { a } from './a.js';", true],
    ["export type { A } from './a.js';", true],
    ["export * from './a.js';", true],
    ["export * as a from './a.js';", true],
    ["import { a } from './a.js';\nexport const b = a;", false],
    ['export { a };', false],
  ])('%j hands on: %s', (source, expected) => {
    expect(reExports(source)).toBe(expected);
  });
});
