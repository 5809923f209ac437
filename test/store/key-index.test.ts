import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bank, openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { decodeIndexList } from '#lib/format/index-list.js';
import { decodeCheckpoint, encodeCheckpoint } from '#lib/format/position.js';
import { decodeTable, RunBuilder } from '#lib/format/sorted-run.js';
import { KEYS, keyTerm, termLine } from '#lib/store/key-index.js';
import { KEY_LOOKS_MAX } from '#lib/store/limits.js';
import { recoverBank } from '#lib/store/recover.js';
import { SortedIndex } from '#lib/store/sorted-index.js';
import { verifyFiles } from '#lib/store/verify.js';
import { Machine, newDirectory } from '../machine/processes.js';
import { expectClean } from './books.js';
import { flip } from './recovery/harm.js';

const LIST = 'index/keys.csv';
const listOf = (directory: string) => decodeIndexList(readFileSync(join(directory, LIST), 'utf8'));
const filesOf = (directory: string) =>
  readdirSync(join(directory, 'index')).filter((name) => name.startsWith('keys-'));
const keyed = (name: string, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...{ to: 'ada', amount: '0.01', idempotencyKey: `${name}-${from + index}` },
  }));

/** A closed bank with `rounds` postings of `count` keys each, `k-0` and so on. */
async function bankWithKeys(rounds: number, count: number): Promise<string> {
  const directory = newDirectory();
  const bank = await openBank(directory, { create: true });
  await bank.openAccount({ id: 'ada', firstName: 'Ada', lastName: 'L', idempotencyKey: 'open' });
  for (let round = 0; round < rounds; round++) {
    await bank.transferMany(keyed('k', round * count, count));
    await bank.posted();
  }
  await bank.close();
  return directory;
}

/** How many of `inputs` are known. */
async function known(bank: Bank, inputs: ReturnType<typeof keyed>): Promise<number> {
  const results = await bank.transferMany(inputs, { dryRun: true });
  return results.filter((result) => 'receipt' in result && result.receipt.replayed).length;
}

describe('The index of keys', () => {
  it('has every key of the journal, in few runs, each with its filter', async () => {
    const directory = await bankWithKeys(9, 40);
    const { files } = await Machine.on(directory).start();
    const { runs, position } = listOf(directory);
    const checkpoint = decodeCheckpoint(
      readFileSync(join(directory, 'journal/checkpoint.csv'), 'utf8'),
    );
    expect(position).toEqual(checkpoint.position);
    expect(runs.reduce((sum, { lines }) => sum + lines, 0)).toBe(9 * 40 + 1);
    expect(runs.length).toBeLessThan(9);
    expect(filesOf(directory).sort()).toEqual(runs.map(({ name }) => name).sort());
    const lines: string[] = [];
    for await (const line of new SortedIndex(files, KEYS).lines(runs)) lines.push(line);
    const all = Array.from({ length: 360 }, (_, at) => termLine(keyTerm(`k-${at}`), at + 2));
    expect(lines).toEqual([...all, termLine(keyTerm('open'), 1)].sort());
  });

  it('tells a process with few keys as well as one with many: old ones are known, others are not', async () => {
    const directory = await bankWithKeys(5, 40);
    const bank = await openBank(directory);
    expect(await known(bank, keyed('k', 7, 3))).toBe(3);
    expect(await known(bank, keyed('new', 0, 3))).toBe(0);
    expect(await known(bank, [...keyed('k', 0, 200), ...keyed('new', 0, KEY_LOOKS_MAX)])).toBe(200);
    expect(await known(bank, keyed('k', 199, 2))).toBe(1);
    await bank.close();
  });

  it('is read by a process that was far behind, and by one that books all the time', async () => {
    const directory = await bankWithKeys(1, 10);
    const [one, other] = [await openBank(directory), await openBank(directory)];
    expect(await known(one, keyed('k', 0, 10))).toBe(10);
    for (let round = 0; round < 4; round++) {
      await one.transferMany(keyed('one', round * 50, 50));
      await other.transferMany(keyed('other', round * 50, 50));
      if (round % 2 === 1) await one.posted();
    }
    for (const bank of [one, other]) {
      expect(await known(bank, keyed('one', 0, 250))).toBe(200);
      expect(await known(bank, keyed('other', 0, 250))).toBe(200);
    }
    await expectClean(one);
    await Promise.all([one.close(), other.close()]);
  });

  it.each<[string, (directory: string) => void]>([
    ['gone', (directory) => rmSync(join(directory, LIST))],
    ['changed', (directory) => flip(join(directory, LIST), 40)],
    ['without its runs', (directory) => remove(directory, filesOf(directory))],
    ['with a changed block', (directory) => flipRun(directory, () => 20)],
    ['with a changed filter', (directory) => flipRun(directory, (run) => run.table - 10)],
    ['with a changed table', (directory) => flipRun(directory, (run) => run.table + 30)],
    [
      'of another day',
      (directory) => {
        const list = readFileSync(join(directory, LIST), 'utf8');
        const older = bankOfAnotherDay.get(directory) ?? expect.fail();
        expect(older).not.toBe(list);
        writeFileSync(join(directory, LIST), older);
      },
    ],
  ])('%s: every key is known all the same, and nothing is stopped', async (_, harm) => {
    const directory = await bankWithKeys(1, 80);
    bankOfAnotherDay.set(directory, readFileSync(join(directory, LIST), 'utf8'));
    const bank = await openBank(directory);
    await bank.transferMany(keyed('k', 80, 80));
    await bank.close();
    harm(directory);
    const again = await openBank(directory);
    expect(await known(again, keyed('k', 0, 170))).toBe(160);
    expect((await again.deposit('ada', '0.01', { idempotencyKey: 'k-0' })).replayed).toBe(true);
    await again.deposit('ada', '0.01');
    await again.close();
  });

  it('that is missing is made anew with the next posting', async () => {
    const directory = await bankWithKeys(2, 30);
    rmSync(join(directory, 'index'), { recursive: true });
    const bank = await openBank(directory);
    await bank.deposit('ada', '0.01', { idempotencyKey: 'last' });
    await bank.close();
    expect(listOf(directory).runs.reduce((sum, { lines }) => sum + lines, 0)).toBe(62);
    const { files } = await Machine.on(directory).start();
    expect((await verifyFiles(files, {})).ok).toBe(true);
  });

  it('that lacks a key, or has one too many, is told by verify, be its checks right', async () => {
    const directory = await bankWithKeys(1, 30);
    const machine = Machine.on(directory);
    const { files } = await machine.start();
    for (const forge of [
      (lines: string[]) => lines.slice(1),
      (lines: string[]) => [...lines, `${'f'.repeat(24)}-1`],
    ]) {
      const { runs } = listOf(directory);
      const lines: string[] = [];
      for await (const line of new SortedIndex(files, KEYS).lines(runs)) lines.push(line);
      const forged = forge(lines);
      const told = await verifyForged(directory, forged);
      expect(told).toMatch(/^it has \d+ keys, and they are not the 31 that the journal has$/);
    }
  });

  it('damaged, is made anew by drovebank-recover', async () => {
    const directory = await bankWithKeys(1, 30);
    flipRun(directory, () => 20);
    const machine = Machine.on(directory);
    const [run = ''] = filesOf(directory);
    // It loses nothing: no flag is needed.
    const { state, findings } = await recoverBank(machine.host(), directory, {});
    expect([state, findings.map(({ file }) => file)]).toEqual(['repaired', [`index/${run}`]]);
    expect(await recoverBank(machine.host(), directory, {})).toMatchObject({ state: 'clean' });
    const bank = await openBank(directory);
    expect(await known(bank, keyed('k', 0, 31))).toBe(30);
    await bank.close();
  });
});

const bankOfAnotherDay = new Map<string, string>();

function remove(directory: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(directory, 'index', name));
}

/** Changes a byte of the last run, at a place in it. */
function flipRun(directory: string, place: (run: { table: number }) => number): void {
  const run = listOf(directory).runs.at(-1) ?? expect.fail();
  flip(join(directory, 'index', run.name), place(run));
}

/** What verify says of an index with these lines, whose checks are right. */
async function verifyForged(directory: string, lines: readonly string[]): Promise<string> {
  const { encodeIndexList } = await import('#lib/format/index-list.js');
  const { encodeCheckpoint } = await import('#lib/format/position.js');
  const { checkOf } = await import('#lib/format/check.js');
  const { KeyFilter } = await import('#lib/format/key-filter.js');
  const builder = new RunBuilder(KEYS.header, 1_000_000, KeyFilter.for(lines.length));
  for (const line of lines) builder.push(line);
  const { bytes, facts } = builder.end();
  const name = 'keys-99-1.csv';
  writeFileSync(
    join(directory, 'index', name),
    Buffer.concat([Buffer.from(`${KEYS.header}\n`), bytes]),
  );
  const { position } = listOf(directory);
  const list = encodeIndexList({ position, runs: [{ name, ...facts }] });
  writeFileSync(join(directory, LIST), list);
  const path = join(directory, 'journal/checkpoint.csv');
  const checkpoint = decodeCheckpoint(readFileSync(path, 'utf8'));
  writeFileSync(path, encodeCheckpoint({ ...checkpoint, keys: checkOf(list) }));
  const { files } = await Machine.on(directory).start();
  const { steps } = await verifyFiles(files, {});
  return steps.find((step) => step.name === 'keys')?.problems[0]?.what ?? '';
}

describe('What verify tells of the index of keys', () => {
  const keysStep = async (directory: string, quick: boolean) => {
    const { files } = await Machine.on(directory).start();
    const { ok, steps } = await verifyFiles(files, { quick });
    return { ok, ...steps.find(({ name }) => name === 'keys') };
  };

  it('is that there is none yet, where nothing was posted', async () => {
    const directory = newDirectory();
    await (await openBank(directory, { create: true })).close();
    const path = join(directory, 'journal/checkpoint.csv');
    const checkpoint = decodeCheckpoint(readFileSync(path, 'utf8'));
    writeFileSync(path, encodeCheckpoint({ ...checkpoint, keys: '' })); // As of before there was one.
    rmSync(join(directory, LIST));
    for (const quick of [false, true]) {
      expect(await keysStep(directory, quick)).toEqual({
        ok: true,
        name: 'keys',
        checked: 'none yet: it is made with the next posting',
        problems: [],
      });
    }
  });

  it('is how many there are, or, quickly, that it can be searched', async () => {
    const directory = await bankWithKeys(2, 40);
    expect(await keysStep(directory, false)).toMatchObject({
      ok: true,
      checked: '81 keys',
      problems: [],
    });
    const checked = 'what is needed to search it';
    expect(await keysStep(directory, true)).toMatchObject({ ok: true, checked, problems: [] });
  });

  it.each([false, true])('is which of its files is missing: quick %s', async (quick) => {
    const directory = await bankWithKeys(2, 40);
    const [run = ''] = filesOf(directory);
    rmSync(join(directory, 'index', run));
    expect(await keysStep(directory, quick)).toMatchObject({
      ok: false,
      checked: 'not to its end',
      problems: [{ file: `index/${run}`, what: 'the file is missing' }],
    });
  });

  it.each([false, true])(
    'is any harm to the filter and the table behind the keys: quick %s',
    async (quick) => {
      const directory = await bankWithKeys(1, 40);
      const [run = ''] = filesOf(directory);
      const path = join(directory, 'index', run);
      const whole = readFileSync(path);
      const [named] = listOf(directory).runs;
      if (named === undefined) throw new Error('there is no run');
      const { filter } = decodeTable(whole.subarray(named.table), named);
      if (filter === undefined) throw new Error('the run has no filter');
      const places = [filter.start, filter.end - 1];
      for (let at = named.table; at < whole.length; at += 7) places.push(at);
      for (const at of places) {
        const harmed = Buffer.from(whole);
        harmed[at] = (harmed[at] as number) ^ 1;
        writeFileSync(path, harmed);
        const { ok, problems } = await keysStep(directory, quick);
        expect([ok, problems?.map(({ file }) => file)], `byte ${at}`).toEqual([
          false,
          [`index/${run}`],
        ]);
      }
    },
  );
});
