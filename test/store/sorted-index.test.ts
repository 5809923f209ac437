import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { RunBuilder } from '#lib/format/sorted-run.js';
import { ROSTER } from '#lib/store/roster-index.js';
import { SortedIndex } from '#lib/store/sorted-index.js';
import { newDirectory } from '../machine/processes.js';

/** An index of runs with these lines, the oldest first. */
function indexOf(...runs: readonly (readonly string[])[]) {
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
