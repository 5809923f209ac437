/** W7: many transfers on few accounts, beside the same number on many. */
import { compare } from '../compare.js';
import {
  FASTER,
  LATENCIES,
  loopGoal,
  many,
  medians,
  NAME,
  RESOURCES,
  ratio,
  rowsOf,
  timesGoal,
} from '../figures.js';

export async function hotAccounts({ quick, accounts, folder, say, choose }) {
  const shapes = [
    { shape: 'uniform', text: `${many(accounts)} accounts alike (as W2)`, accounts },
    { shape: 'zipf', text: '', accounts: quick ? 5_000 : 100_000, zipf: true },
    { shape: '50', text: '50 accounts', accounts: 50 },
    { shape: '10', text: '10 accounts', accounts: 10 },
  ];
  shapes[1].text = `${many(shapes[1].accounts)} accounts, Zipf 1.0`;
  const names = choose(['drovebank', 'lmdb'], ['better-sqlite3', 'postgres']);
  const contenders = names.flatMap((name) =>
    shapes.map(({ shape, text, ...load }) => ({ key: `${name}-${shape}`, name, ...load })),
  );
  const load = quick
    ? { ms: 300, warmUpMs: 300, rounds: 2 }
    : { ms: 3_000, warmUpMs: 2_000, rounds: 4 };
  const field = await compare(contenders, { folder, say, inFlight: 512, ...load });
  const rows = names.flatMap((name) =>
    shapes.map(({ shape, text }) => {
      const key = `${name}-${shape}`;
      const [row] = rowsOf(new Map([[key, field.get(key)]]));
      return {
        ...row,
        name: `${row.name}, ${text}`,
        durable: shape === 'uniform' ? row.durable : undefined,
        toUniform: ratio(field, key, `${name}-uniform`, 'answersPerSecond'),
        faster:
          name === 'drovebank'
            ? undefined
            : ratio(field, `drovebank-${shape}`, key, 'answersPerSecond'),
      };
    }),
  );
  const goals = shapes
    .slice(1)
    .map(({ shape, text }) =>
      timesGoal(
        `${text}: at least 0.9 x W2`,
        0.9,
        ratio(field, `drovebank-${shape}`, 'drovebank-uniform', 'answersPerSecond'),
      ),
    );
  return {
    title: 'W7: transfers on hot accounts, 512 in flight',
    columns: [
      NAME,
      ['answersPerSecond', 'answers/s', 'count'],
      ['toUniform', 'to W2', 'times'],
      FASTER,
      ['postedPerSecond', 'posted/s', 'count'],
      ...LATENCIES,
      ...RESOURCES,
    ],
    rows,
    notes: [
      'Zipf 1.0: the n-th account comes up 1/n as often as the first. All shapes took turns in one run.',
    ],
    goals: [...goals, loopGoal(field, 'drovebank-10')],
    charts: [
      {
        kind: 'groups',
        title: 'Answers per second by the shape of the load',
        format: 'count',
        groups: shapes.map(({ shape, text }) => ({
          name: text,
          bars: names.map((name) => ({
            name,
            value: medians(field.get(`${name}-${shape}`).rounds).answersPerSecond,
          })),
        })),
      },
    ],
  };
}
