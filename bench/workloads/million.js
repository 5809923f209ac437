/** W6: so many accounts that their passbooks do not fit into anything: a burst, and then the pace of posting. */
import { expectAllMoney, mergeParts } from '../compare.js';
import { CONTESTANTS } from '../contestants.js';
import { LATENCIES, many, NAME, RESOURCES, timesGoal } from '../figures.js';
import { restDisk, withContestant } from '../processes.js';
import { refuseSmallDisk } from '../room.js';

const IN_FLIGHT = 512;
const SAMPLE_MS = 250;
const BACKLOG_MAX = 1_000_000;
const MEMORY_MAX_MB = 1024;

/** How many accounts the large banks have. */
export const largeBank = ({ quick }) => (quick ? 20_000 : 1_000_000);

export async function millionAccounts({ quick, folder, shared, say, takesPart }) {
  const accounts = largeBank({ quick });
  const lengths = quick ? { burst: 1_000, pace: 1_000 } : { burst: 10_000, pace: 60_000 };
  const made = [];
  const rows = [];
  const guarded = async (name, work) => {
    if (!takesPart(name)) return undefined;
    try {
      const { home, seconds } = await shared(name, accounts);
      made.push(`${CONTESTANTS[name].label} ${seconds.toFixed(0)} s`);
      return await work(home);
    } catch (error) {
      rows.push({ name: CONTESTANTS[name].label, failure: error.message });
      return undefined;
    }
  };
  refuseSmallDisk(folder, accounts);
  const rival = await guarded('lmdb', (home) =>
    burst('lmdb', home, { accounts, lengths, quick, say }),
  );
  const ours = await guarded('drovebank', (home) =>
    burst('drovebank', home, { accounts, lengths, quick, say, thenPace: true }),
  );
  const pages = Math.min(200_000, Math.max(1_000, ours?.pace?.pages ?? 0));
  const limit = await measureLimit(folder, { accounts, pages, say });
  const faster =
    ours && rival ? ours.burst.answersPerSecond / rival.burst.answersPerSecond : undefined;
  const durable = (name) => CONTESTANTS[name].durable;
  const seconds = ({ burst: ms }) => `${ms / 1_000} s`;
  if (ours) {
    rows.push(
      {
        name: `drovebank, burst of ${seconds(lengths)}`,
        durable: durable('drovebank'),
        ...ours.burst,
      },
      { name: `drovebank, ${lengths.pace / 1_000} s more`, ...ours.pace },
    );
  }
  if (rival) {
    rows.push({
      name: `lmdb, burst of ${seconds(lengths)}`,
      durable: durable('lmdb'),
      ...rival.burst,
      faster,
    });
  }
  rows.push({
    name: CONTESTANTS['raw-pages'].label,
    durable: durable('raw-pages'),
    pagesPerSecond: limit.pagesPerSecond,
  });
  const most = (key) => Math.max(...[ours?.burst, ours?.pace].map((figures) => figures?.[key]));
  return {
    title: `W6: transfers between ${many(accounts)} accounts, ${IN_FLIGHT} in flight`,
    columns: [
      NAME,
      ['answersPerSecond', 'answers/s', 'count'],
      ['faster', 'drovebank is', 'times'],
      ['pagesPerSecond', 'pages/s', 'count'],
      ['backlogMax', 'backlog at most', 'count'],
      ...LATENCIES,
      ...RESOURCES,
    ],
    rows,
    notes: [
      `The accounts were made beforehand, one request each, and posted: ${made.join(', ')}.`,
      `pages/s: passbook pages put in place ${quick ? 'until all was posted' : 'while requests went on'}; beside ${many(pages)} raw files of 1,000 bytes in the same folders, one sync at the end, and nothing else to do.`,
      `After the last answer it took ${(ours?.settleSeconds ?? Number.NaN).toFixed(1)} s until all was posted; CPU, bytes and syncs of that are in the second row.`,
    ],
    goals: [
      timesGoal('burst at least 2 x lmdb', 2, faster),
      timesGoal(
        'pages/s at least 0.8 x the raw limit',
        0.8,
        ours?.pace.pagesPerSecond / limit.pagesPerSecond,
      ),
      goalAtMost(
        `backlog at most ${many(BACKLOG_MAX)} entries`,
        BACKLOG_MAX,
        most('backlogMax'),
        'count',
      ),
      goalAtMost('memory under 1 GiB', MEMORY_MAX_MB, most('memoryMb'), 'mb'),
      goalAtMost('event loop p99 under 10 ms', 10_000, most('loopDelayUs'), 'time'),
    ],
    charts: [backlogChart(ours), answersChart(ours, rival)],
  };
}

const goalAtMost = (text, limit, value, format) => ({ text, limit, atMost: true, value, format });

/** `thenPace`: the same load goes on at once, and now the passbooks are looked at. */
async function burst(name, home, { accounts, lengths, quick, say, thenPace = false }) {
  return withContestant(name, home, { accounts }, async (contestant) => {
    await contestant.ask('open');
    say(`${name}: burst`);
    restDisk();
    const load = { inFlight: IN_FLIGHT, sampleMs: SAMPLE_MS };
    const first = await contestant.ask('load', {
      ...load,
      ms: lengths.burst,
      seed: 1,
      settle: !thenPace,
    });
    const figures = { burst: mergeParts([first]), samples: first.samples };
    if (thenPace) {
      say(`${name}: the pace of posting`);
      const second = await contestant.ask('load', { ...load, ms: lengths.pace, seed: 2 });
      const later = second.samples.map((sample) => ({
        ...sample,
        seconds: sample.seconds + first.seconds,
        answers: sample.answers + first.answers,
      }));
      figures.samples = [...first.samples, ...later];
      figures.pace = {
        ...mergeParts([second]),
        pages: second.pages,
        pagesPerSecond: quick
          ? second.pages / second.secondsInAll
          : second.pagesWhileAsked / second.seconds,
      };
      figures.settleSeconds = second.secondsInAll - second.seconds;
    }
    say(`${name}: counting the money`);
    await expectAllMoney(contestant, accounts);
    return figures;
  });
}

async function measureLimit(folder, { accounts, pages, say }) {
  const home = `${folder}/raw`;
  return withContestant('raw-pages', home, { accounts }, async (raw) => {
    say('the raw limit: making the files');
    await raw.ask('prepare');
    await raw.ask('open');
    restDisk();
    say('the raw limit');
    return raw.ask('write', { pages, seed: 3 });
  });
}

function backlogChart(ours) {
  const points = (ours?.samples ?? []).map(({ seconds, backlog }) => [seconds, backlog]);
  return {
    kind: 'lines',
    title: 'Entries answered and not yet posted, over time',
    x: { label: 'seconds', format: 'count' },
    y: { label: 'entries', format: 'count' },
    series: [{ name: 'drovebank', points }],
  };
}

/** Answers in each second. */
function answersChart(...field) {
  const names = ['drovebank', 'lmdb'];
  const series = field.map((figures, index) => ({
    name: names[index],
    points: perSecond(figures?.samples ?? []),
  }));
  return {
    kind: 'lines',
    title: 'Answers per second, over time',
    x: { label: 'seconds', format: 'count' },
    y: { label: 'answers/s', format: 'count' },
    series,
  };
}

function perSecond(samples) {
  const points = [];
  let before = { seconds: 0, answers: 0 };
  for (const sample of samples) {
    const seconds = sample.seconds - before.seconds;
    if (seconds < 1) continue;
    points.push([sample.seconds, (sample.answers - before.answers) / seconds]);
    before = sample;
  }
  return points;
}
