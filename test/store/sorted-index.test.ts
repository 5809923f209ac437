import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Disk } from '#lib/disk/disk.js';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { digestOf } from '#lib/format/key-filter.js';
import { RunBuilder } from '#lib/format/sorted-run.js';
import { KEYS } from '#lib/store/key-index.js';
import { ROSTER } from '#lib/store/roster-index.js';
import { SortedIndex } from '#lib/store/sorted-index.js';
import { newDirectory } from '../machine/processes.js';

/** Runs with these lines, the oldest first. */
function runsOf(...runs: readonly (readonly string[])[]) {
  const directory = newDirectory();
  mkdirSync(join(directory, 'index'), { recursive: true });
  const named = runs.map((lines, number) => {
    const builder = new RunBuilder('id,names', 16);
    const blocks = lines.map((line) => builder.push(line)).filter((block) => block !== undefined);
    const { bytes, facts } = builder.end();
    const name = `roster-${number + 1}-1.csv`;
    const whole = Buffer.concat([Buffer.from('id,names\n'), ...blocks, bytes]);
    writeFileSync(join(directory, 'index', name), whole);
    return { name, ...facts };
  });
  return { directory, named };
}

/** An index of them. */
function indexOf(...runs: readonly (readonly string[])[]) {
  const { directory, named } = runsOf(...runs);
  const index = new SortedIndex({ disk: nodeDisk(), system: nodeSystem(), directory }, ROSTER);
  return async (behind = '', words: string[] = []) => {
    const found: string[] = [];
    for await (const line of index.lines(named, behind, words)) {
      found.push(line);
      if (found.length > 9) throw new Error(`it goes round in a circle: ${found}`);
    }
    return found;
  };
}

it('An index gives each key of its runs once, by its youngest line, and comes to an end', async () => {
  const lines = indexOf(['a,"x"', 'c,"old"', 'e,"x y"'], [], ['b,"y"', 'c,"new"'], ['d,"x"']);
  expect(await lines()).toEqual(['a,"x"', 'b,"y"', 'c,"new"', 'd,"x"', 'e,"x y"']);
  expect(await lines('b')).toEqual(['c,"new"', 'd,"x"', 'e,"x y"']);
  expect(await lines('', ['x'])).toEqual(['a,"x"', 'd,"x"', 'e,"x y"']);
  expect(await lines('c', ['y', 'x'])).toEqual(['e,"x y"']);
  expect(await lines('z')).toEqual([]);
});

it('A digest that lies before the first line of a run, or behind its last, is in none', async () => {
  const hex = (digit: string) => digit.repeat(24);
  const { directory, named } = runsOf([`${hex('4')}-4`, `${hex('6')}-6`], [], [`${hex('5')}-5`]);
  const open = new Set<object>();
  const disk: Disk = {
    ...nodeDisk(),
    open: async (path, how) => {
      const file = await nodeDisk().open(path, how);
      open.add(file);
      const close = file.close.bind(file);
      return Object.assign(file, {
        close: async () => {
          open.delete(file);
          await close();
        },
      });
    },
  };
  const index = new SortedIndex({ disk, system: nodeSystem(), directory }, KEYS);
  const lineOf = (digit: string) => index.lineOf(named, digestOf(hex(digit)));
  for (const digit of ['4', '5', '6']) expect(await lineOf(digit)).toBe(`${hex(digit)}-${digit}`);
  for (const digit of ['0', '7', 'f']) expect(await lineOf(digit)).toBeUndefined();
  expect(open.size).toBe(0);
});
