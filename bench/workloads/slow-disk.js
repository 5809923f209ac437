/** W13: what is left of W1 and W2 on a disk whose syncs take milliseconds. */
import { join } from 'node:path';
import { compare } from '../compare.js';
import { CONTESTANTS } from '../contestants.js';
import { LATENCIES, many, medians, NAME, RESOURCES, ratio, rowsOf } from '../figures.js';
import { syncTimeUs } from '../machine.js';
import { whyNoSlowDisk, withSlowDisk } from '../slow-disk.js';

const TITLE = 'W13: the same on a disk whose syncs take milliseconds (btrfs in a file)';

export async function slowDisk({ quick, accounts, folder, say, choose }) {
  const reason = whyNoSlowDisk();
  if (reason !== undefined) {
    const rows = [{ name: 'everybody', failure: `${reason}, so that there is no slow disk` }];
    return { title: TITLE, columns: [NAME], rows };
  }
  return withSlowDisk(join(folder, 'slow'), async (mounted) => {
    const syncUs = { fast: 0, slow: syncTimeUs(mounted) };
    const fields = new Map();
    for (const inFlight of [1, 512]) {
      const names = [
        'drovebank',
        'better-sqlite3',
        'lmdb',
        ...(inFlight === 1 ? ['raw-append'] : []),
      ];
      const contenders = choose(names).flatMap((name) => [
        { key: `${name}-fast`, name },
        { key: `${name}-slow`, name, folder: join(mounted, `${inFlight}`) },
      ]);
      const load = quick
        ? { ms: 500, warmUpMs: 300, rounds: 2 }
        : { ms: 3_000, warmUpMs: 2_000, rounds: 4 };
      const told = (text) => say(`${inFlight} in flight, ${text}`);
      const settings = {
        folder: join(folder, `${inFlight}`),
        accounts,
        say: told,
        inFlight,
        ...load,
      };
      fields.set(inFlight, await compare(contenders, settings));
    }
    syncUs.fast = syncTimeUs(folder);
    return toTable(fields, { syncUs, accounts });
  });
}

function toTable(fields, { syncUs, accounts }) {
  const rows = [];
  for (const [inFlight, field] of fields) {
    for (const [key, { name }] of field) {
      const [row] = rowsOf(new Map([[key, field.get(key)]]));
      const where = key.endsWith('-slow') ? 'slow' : 'fast';
      rows.push({
        ...row,
        name: `${CONTESTANTS[name].label}, ${inFlight} in flight, ${where} disk`,
        durable: undefined,
        faster: ratio(field, `drovebank-${where}`, key, 'answersPerSecond'),
        toFast: ratio(field, key, `${name}-fast`, 'answersPerSecond'),
      });
    }
  }
  const of = (inFlight, where) =>
    medians(fields.get(inFlight).get(`drovebank-${where}`)?.rounds ?? []);
  const [fast, slow] = [of(512, 'fast'), of(512, 'slow')];
  const falls = ratio(fields.get(512), 'drovebank-fast', 'drovebank-slow', 'answersPerSecond');
  const single = of(1, 'slow');
  return {
    title: `${TITLE}, ${many(accounts)} accounts`,
    columns: [
      NAME,
      ['answersPerSecond', 'answers/s', 'count'],
      ['toFast', 'to the fast disk', 'times'],
      ['faster', 'drovebank is', 'times'],
      ['batchSize', 'a batch', 'count'],
      ['syncsPerBatch', 'syncs/batch', 'share'],
      ...LATENCIES,
      ...RESOURCES,
    ],
    rows,
    notes: [
      `One synced append of 200 bytes: ${Math.round(syncUs.fast)} us on the fast disk, ${Math.round(syncUs.slow)} us on the slow one.`,
      'What is durable before an answer is the same as in W1 and W2, on both disks.',
      'syncs/batch: those of the thread that answers; syncs/transfer has the posting in it as well.',
    ],
    goals: [
      {
        text: 'one sync a batch, 1 in flight, slow disk',
        limit: 1.1,
        atMost: true,
        value: single.syncsPerBatch,
        format: 'share',
      },
      {
        text: 'one sync a batch, 512 in flight, slow disk',
        limit: 1.1,
        atMost: true,
        value: slow.syncsPerBatch,
        format: 'share',
      },
      {
        text: `512 in flight fall by less (${falls.toFixed(2)} x) than the batch grows`,
        limit: falls,
        value: slow.batchSize / fast.batchSize,
        format: 'times',
      },
    ],
    charts: [
      {
        kind: 'lines',
        title: 'Answers per second by the time of a sync, 512 in flight',
        x: { label: 'one sync', format: 'time', log: true },
        y: { label: 'answers/s', format: 'count', log: true },
        series: ['drovebank', 'lmdb', 'better-sqlite3'].map((name) => ({
          name,
          points: ['fast', 'slow'].map((where) => [
            syncUs[where],
            medians(fields.get(512).get(`${name}-${where}`)?.rounds ?? []).answersPerSecond,
          ]),
        })),
      },
    ],
  };
}
