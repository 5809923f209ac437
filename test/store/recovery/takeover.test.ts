import { expect, it } from 'vitest';
import type { Entry } from '#lib/ledger/entry.js';
import { batchAt } from '#lib/store/journal-scan.js';
import { BATCH_ENTRIES_MAX } from '#lib/store/limits.js';
import { takeOverFrom } from '#lib/store/repair-journal.js';
import { FIRST_HEAD, type Survey } from '#lib/store/survey-journal.js';
import { SAMPLE_ENTRIES } from '../../format/sample.js';

it('entries that the passbooks tell go into batches as large as any, and no empty one', () => {
  const segment = '000001-1.csv';
  const { seal } = FIRST_HEAD;
  const tail = { segment, offset: FIRST_HEAD.bytes.length, transfer: 0, epoch: 1, seal };
  const survey: Survey = {
    ...{ segments: [segment], superseded: [], parts: [], tail, epochMax: 1 },
    ...{ places: new Map(), pins: new Map(), bytes: new Map() },
  };
  const witness = {
    newest: 2 * BATCH_ENTRIES_MAX,
    digitsOf: () => 2,
    entry: (transfer: number) => ({ ...(SAMPLE_ENTRIES[1] as Entry), transfer }),
    whyNot: () => '',
  };
  const takeover = takeOverFrom(survey, witness, witness.newest, 2);
  if (typeof takeover === 'string') throw new Error(takeover);
  const controls = [];
  let previous: string | undefined;
  for (let at = 0; at < takeover.bytes.length; ) {
    const look = batchAt(takeover.bytes, at, 0, previous);
    if (!('batch' in look)) throw new Error(look.broken);
    const { type, count, transfer } = look.batch.control;
    controls.push([type, count, transfer]);
    at = look.batch.end;
    previous = look.batch.control.seal;
  }
  expect(controls).toEqual([
    ['pin', 0, 0],
    ['seal', BATCH_ENTRIES_MAX, BATCH_ENTRIES_MAX],
    ['seal', BATCH_ENTRIES_MAX, 2 * BATCH_ENTRIES_MAX],
  ]);
});
