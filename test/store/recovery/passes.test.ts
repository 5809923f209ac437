import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { Passbooks } from '#lib/store/passbooks.js';
import { recoverBank } from '#lib/store/recover.js';
import { hearPassbooks, type Span } from '#lib/store/witness.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { Machine } from '../../machine/processes.js';
import { pagePath } from '../books.js';
import { ADA, BOB, closedBank, flip } from './harm.js';

describe('a recovery goes through the passbooks', () => {
  it('no more often than it must, and tells how far it is each time', async () => {
    const directory = await closedBank();
    flip(pagePath(directory, ADA, 1), 900);
    const machine = Machine.on(directory);
    const passes = async (apply: boolean) => {
      let reads = 0;
      const host = machine.host((disk) =>
        hooked(disk, ({ name, path }, go) => {
          if (name === 'read' && path === pagePath(directory, BOB)) reads++;
          return go();
        }),
      );
      const told: string[] = [];
      const onProgress = (pass: string, done: number, all: number) => {
        expect(all).toBe(4);
        if (done === 1) told.push(pass);
        else expect(told.at(-1)).toBe(pass);
        if (done === all) told.push(`${told.pop()} to its end`);
      };
      await recoverBank(host, directory, { apply, onProgress });
      return { told, reads };
    };
    const [verify, diagnose] = ['verify to its end', 'diagnose to its end'];
    expect(await passes(false)).toEqual({ told: [verify, diagnose], reads: 3 });
    expect(await passes(true)).toEqual({ told: [verify, diagnose, verify, verify], reads: 5 });
  });
});

describe('what the passbooks tell of the journal', () => {
  async function heard(spans: readonly Span[], tail: number) {
    const directory = await closedBank();
    const digitsOf = () => 2;
    let decoded = 0;
    class Counted extends Passbooks {
      override decode(id: string, text: string, page?: number) {
        decoded++;
        return super.decode(id, text, page);
      }
    }
    const passbooks = new Counted(nodeDisk(), directory, digitsOf);
    const witness = await hearPassbooks(passbooks, nodeSystem(), digitsOf, spans, tail);
    return { witness, decoded };
  }

  it('is asked of those pages alone that may tell something new, where nothing is lost', async () => {
    const { witness, decoded } = await heard([], 203);
    expect(witness.newest).toBe(203);
    expect(decoded).toBeLessThan(5);
    expect(witness.entry(203)).toBeUndefined();
  });

  it('is asked of each that shows what came behind the journal’s end', async () => {
    const { witness } = await heard([], 199);
    for (const transfer of [200, 201, 202, 203]) expect(witness.entry(transfer)).toBeDefined();
    expect(witness.entry(199)).toBeUndefined();
  });

  it('is asked of every page where something is lost', async () => {
    const { witness, decoded } = await heard([{ first: 1, last: 9 }], 203);
    for (let transfer = 1; transfer < 10; transfer++) expect(witness.entry(transfer)).toBeDefined();
    expect(decoded).toBeGreaterThan(6);
  });
});
