import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applied, mutantsOf } from '../../scripts/mutant-source.js';
import { sourceFiles } from '../layers.js';

const SOURCE = `
async function publish(disk: Disk, from: string, to: string): Promise<boolean> {
  if (!(await disk.exists(from))) throw new Error('gone');
  await disk.rename(from, to);
  await disk.syncFolder(to);
  return from !== to && to !== '';
}
`;

interface Mutant {
  readonly key: string;
  readonly kind: string;
  readonly text: string;
}

const mutants: Mutant[] = mutantsOf('lib/store/publish.ts', SOURCE);

describe('The mutants of a source', () => {
  it('break each call, each check, each answer of the disk and each order of steps, one at a time', () => {
    expect(mutants.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'swap: await disk.rename(from, to); before if (!(await disk.exists(from))) throw n…',
      'check: if (!(await disk.exists(from))) is always false',
      'answer: disk.exists(from) is always true',
      'answer: disk.exists(from) is always false',
      'call: without await disk.rename(from, to);',
      'swap: await disk.syncFolder(to); before await disk.rename(from, to);',
      'call: without await disk.syncFolder(to);',
      "operand: of from !== to && to !== '' only from !== to",
      "operand: of from !== to && to !== '' only to !== ''",
    ]);
  });

  it('are the source, but for what is broken', () => {
    const call = mutants.find(({ kind }) => kind === 'call');
    expect(applied(SOURCE, call as never)).toBe(
      SOURCE.replace('await disk.rename(from, to);', ';'),
    );
  });

  it('keep their names while other code comes and goes', () => {
    const later = mutantsOf('lib/store/publish.ts', `\n// A line more.\n${SOURCE}`);
    expect(later.map(({ key }: Mutant) => key).sort()).toEqual(
      mutants.map(({ key }) => key).sort(),
    );
  });

  it('that are known to change nothing exist, each with its reason', () => {
    const fates = JSON.parse(readFileSync('test/crash/mutants.json', 'utf8')) as Record<
      string,
      { readonly because?: string }
    >;
    const known = new Set(
      sourceFiles().flatMap(([path, source]) =>
        mutantsOf(path, source).map(({ key }: Mutant) => key),
      ),
    );
    const listed = Object.entries(fates).filter(([, { because }]) => because !== undefined);
    expect(listed.filter(([key]) => !known.has(key))).toEqual([]);
    expect(listed.filter(([, { because = '' }]) => because.length < 20)).toEqual([]);
  });
});
