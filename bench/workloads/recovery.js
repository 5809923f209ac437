/** W10: what a bank needs after kill -9 with many entries unposted, and `verify` of all of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectAllMoney } from '../compare.js';
import { many, NAME, timesGoal } from '../figures.js';
import { start, withContestant } from '../processes.js';
import { refuseSmallDisk } from '../room.js';
import { largeBank } from './million.js';

const BATCH = 8_189;
/** Just below what may be unposted: a bank that is full of it books at the pace of posting. */
const UNPOSTED = 900_000;

export async function recovery({ quick, folder, shared, say, takesPart }) {
  const accounts = largeBank({ quick });
  const entries = quick ? 20_000 : UNPOSTED;
  refuseSmallDisk(folder, accounts);
  const { home } = takesPart('drovebank') ? await shared('drovebank', accounts) : {};
  if (home === undefined) return emptyTable(accounts);

  say('booking what will not be posted');
  const dying = start('drovebank', home, { accounts });
  try {
    await dying.ask('open');
    await dying.ask('pileUp', { entries, batch: BATCH });
  } finally {
    await dying.kill();
  }
  const before = postedUpTo(home);

  const rows = [];
  const recovered = await withContestant('drovebank', home, { accounts }, async (bank) => {
    say('recovering');
    const began = performance.now();
    await bank.ask('open');
    const move = [{ from: 0, to: 1, cents: 1 }];
    const { answered } = await bank.ask('oneBatch', { moves: move });
    const answerUs = (performance.now() - began) * 1000;
    await bank.ask('settle');
    const postedUs = (performance.now() - began) * 1000;
    if ((await bank.ask('recovered')) === 0) throw new Error('nothing was recovered');
    const unposted = answered - 1 - before;
    await expectAllMoney(bank, accounts);
    return { unposted, answerUs, postedUs };
  });
  const { unposted, answerUs, postedUs } = recovered;
  rows.push(
    {
      name: `after kill -9 with ${many(unposted)} entries unposted: first answer`,
      timeUs: answerUs,
      perSecond: unposted / (answerUs / 1e6),
    },
    {
      name: 'the same, until all is posted',
      timeUs: postedUs,
      perSecond: unposted / (postedUs / 1e6),
    },
  );
  const journal = readJournal(home);
  rows.push({
    name: 'the journal, read plainly (all of it)',
    timeUs: journal.us,
    bytes: journal.bytes,
  });

  const plain = await withContestant('raw-pages', home, {}, async (raw) => {
    await raw.ask('open');
    say('reading all files plainly');
    await raw.ask('readAll', { of: home });
    return raw.ask('readAll', { of: home });
  });
  const verified = await withContestant('drovebank', home, { accounts }, async (bank) => {
    await bank.ask('open');
    say('verifying');
    return bank.ask('verify');
  });
  if (!verified.ok) throw new Error('the books disagree');
  rows.push(
    {
      name: 'verify of the whole bank',
      timeUs: verified.us,
      bytes: plain.bytes,
      perSecond: verified.asOf / (verified.us / 1e6),
    },
    {
      name: `all its ${many(plain.files)} files, read plainly`,
      timeUs: plain.us,
      bytes: plain.bytes,
    },
  );
  return {
    title: `W10: recovery and verify, ${many(accounts)} accounts`,
    columns: [
      NAME,
      ['timeUs', 'time', 'time'],
      ['perSecond', 'entries/s', 'count'],
      ['bytes', 'bytes', 'count'],
    ],
    rows,
    notes: [
      'Time to the first answer: openBank and one durable transfer, in a process that has loaded its code.',
      `verify told how far it is ${many(verified.told)} times. It looked at ${verified.checked.join('; ')}.`,
      "All money was counted after the recovery. The files are in the system's cache.",
    ],
    goals: [
      {
        text: 'recovery scans at least 1,000,000 entries/s until the first answer',
        limit: 1_000_000,
        value: unposted / (answerUs / 1e6),
        format: 'count',
      },
      timesGoal(
        'verify takes at most twice the time of plainly reading all files',
        2,
        verified.us / plain.us,
        { atMost: true },
      ),
    ],
  };
}

const emptyTable = (accounts) => ({
  title: `W10: recovery and verify, ${many(accounts)} accounts`,
  columns: [NAME],
  rows: [],
});

/** The checkpoint says it: docs/file-formats.md. */
function postedUpTo(home) {
  const [head, row] = readFileSync(join(home, 'journal', 'checkpoint.csv'), 'utf8').split('\n');
  return Number(row.split(',')[head.split(',').indexOf('transfer')]);
}

function readJournal(home) {
  const folder = join(home, 'journal');
  const began = performance.now();
  const bytes = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)).length)
    .reduce((sum, length) => sum + length, 0);
  return { us: (performance.now() - began) * 1000, bytes };
}
