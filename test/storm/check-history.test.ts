import { describe, expect, it } from 'vitest';
import type { Row } from '../crash/raw-bank.js';
import { checkHistory, type Violations } from './check-history.js';
import { checkLook } from './check-look.js';
import { Model } from './model.js';
import type { Note, Saw, Side } from './notes.js';

/** Ada begins with 10.00; she pays Bob 4.00 and 1.00, and he pays in 2.00. */
const JOURNAL = [
  'number key    amount debit     seq balance credit seq balance',
  '1      -      -      world-usd 1   0.00    ada    1   0.00',
  '2      -      -      -         -   -       bob    1   0.00',
  '3      -      10.00  world-usd 2   -10.00  ada    2   10.00',
  '4      first  4.00   ada       3   6.00    bob    2   4.00',
  '5      second 1.00   ada       4   5.00    bob    3   5.00',
  '6      third  2.00   world-usd 3   -12.00  bob    4   7.00',
];
const OPENING = 3;

const rowsOf = (journal: readonly string[], currency = 'USD'): Row[] =>
  journal.slice(1).map((line) => {
    const cells = line.split(/\s+/).map((cell) => (cell === '-' ? '' : cell));
    const [transfer = '', key = '', amount = '', debit = '', debit_seq = ''] = cells;
    const [debit_balance = '', credit = '', credit_seq = '', credit_balance = ''] = cells.slice(5);
    const sides = { debit, debit_seq, debit_balance, credit, credit_seq, credit_balance };
    return { transfer, key, currency, amount, ...sides };
  });

const side = (text: string): Side => {
  const [id = '', seq = '', before = '', after = ''] = text.split(' ');
  return { id, seq: Number(seq), before, after };
};

const total = { currency: 'USD', accounts: 2, sum: '0.00' };
const NOTES: readonly Note[] = [
  { by: 'p1', asked: 'first', from: 'ada', to: 'bob', amount: '4.00' },
  {
    by: 'p1',
    answered: 'first',
    transfer: 4,
    amount: '4.00',
    from: side('ada 3 10.00 6.00'),
    to: side('bob 2 0.00 4.00'),
  },
  { by: 'p1', asked: 'second', from: 'ada', to: 'bob', amount: '1.00' },
  { by: 'p2', looking: 'look1' },
  {
    by: 'p1',
    answered: 'second',
    transfer: 5,
    amount: '1.00',
    from: side('ada 4 6.00 5.00'),
    to: side('bob 3 4.00 5.00'),
  },
  { by: 'p2', saw: 'look1', totals: [{ ...total, customers: '10.00', world: '-10.00', asOf: 4 }] },
  { by: 'p2', asked: 'third', to: 'bob', amount: '2.00' },
  { by: 'p3', looking: 'look2' },
  {
    by: 'p3',
    saw: 'look2',
    list: [
      ['ada', 4, '5.00'],
      ['bob', 3, '5.00'],
      ['world-usd', 2, '-10.00'],
    ],
  },
  { by: 'p3', asked: 'dear', from: 'ada', amount: '6.00' },
  { by: 'p3', refused: 'dear', code: 'INSUFFICIENT_FUNDS' },
  { by: 'p3', asked: 'unanswered', from: 'bob', amount: '1.00' },
  { by: 'p3', unknown: 'unanswered' },
  {
    by: 'p2',
    answered: 'third',
    transfer: 6,
    amount: '2.00',
    from: side('world-usd 3 -10.00 -12.00'),
    to: side('bob 4 5.00 7.00'),
  },
  { by: 'p2', looking: 'look3' },
  {
    by: 'p2',
    saw: 'look3',
    balances: [
      ['ada', 6, '5.00'],
      ['bob', 6, '7.00'],
    ],
  },
  { by: 'p2', looking: 'look4' },
  {
    by: 'p2',
    saw: 'look4',
    account: 'ada',
    whole: true,
    rows: [
      [1, 1, '0.00'],
      [2, 3, '10.00'],
      [3, 4, '6.00'],
      [4, 5, '5.00'],
    ],
  },
  { by: 'p2', looking: 'look5' },
  {
    by: 'p2',
    saw: 'look5',
    account: 'bob',
    whole: false,
    rows: [
      [3, 5, '5.00'],
      [4, 6, '7.00'],
    ],
  },
];

/** What the note is about: `answered first`, `saw look1`. */
const nameOf = ({ by, ...note }: Note) => Object.entries(note)[0]?.join(' ');

const at = (name: string) => {
  const index = NOTES.findIndex((note) => nameOf(note) === name);
  expect(index, name).toBeGreaterThan(-1);
  return index;
};

/** The notes with one of them changed. */
const altered = (name: string, change: object, notes = NOTES) =>
  notes.with(at(name), { ...notes[at(name)], ...change } as Note);

/** The notes with one of them put behind another one. */
const moved = (name: string, behind: string) => {
  const [first, second] = [at(name), at(behind) + 1];
  return [
    ...NOTES.slice(0, first),
    ...NOTES.slice(first + 1, second),
    NOTES[first],
    ...NOTES.slice(second),
  ] as Note[];
};

/** The notes before one of them, and then others. */
const upTo = (name: string, ...others: object[]) =>
  [...NOTES.slice(0, at(name)), ...others] as Note[];

const check = (notes: readonly Note[], journal: readonly string[] = JOURNAL) =>
  checkHistory(notes, new Model(rowsOf(journal)), OPENING);
const withLine = (...lines: string[]) => [...JOURNAL, ...lines];
const without = (number: number) => JOURNAL.slice(0, number);

describe('The history of a storm', () => {
  it('is sound when all that was told follows from the journal', () => {
    expect(check(NOTES)).toEqual({ answers: [], balances: [], order: [], looks: [] });
  });

  it('is sound when what nobody was answered was booked all the same', () => {
    const journal = withLine('7 unanswered 1.00 bob 5 6.00 world-usd 4 -11.00');
    expect(check(NOTES, journal)).toEqual({ answers: [], balances: [], order: [], looks: [] });
  });

  it('is sound when somebody with enough money was refused because the bank was busy', () => {
    const notes = altered('asked dear', { amount: '5.00' });
    const busy = altered('refused dear', { code: 'BANK_BUSY' }, notes);
    expect(check(busy)).toEqual({ answers: [], balances: [], order: [], looks: [] });
  });

  it('is sound when totals add up each currency alone', () => {
    const [head = ''] = JOURNAL;
    const euros = rowsOf([head, '7 - 3.00 world-eur 1 -3.00 eva 1 3.00'], 'EUR');
    const totals = [
      { currency: 'EUR', accounts: 1, customers: '3.00', world: '-3.00', sum: '0.00', asOf: 7 },
      { currency: 'USD', accounts: 2, customers: '12.00', world: '-12.00', sum: '0.00', asOf: 7 },
    ];
    const { problems } = checkLook({ saw: '', totals }, new Model([...rowsOf(JOURNAL), ...euros]));
    expect(problems).toEqual([]);
  });

  it.each<[string, keyof Violations, () => Violations, string[]]>([
    [
      'an answer is lost',
      'answers',
      () => check(NOTES, without(6)),
      ['third: answered as 6, and it is not in the journal'],
    ],
    [
      'an answered request was booked twice',
      'answers',
      () => check(NOTES, withLine('7 third 2.00 world-usd 4 -14.00 bob 5 9.00')),
      ['third: booked twice, as 6 and 7'],
    ],
    [
      'a request of unknown outcome was booked twice',
      'answers',
      () => {
        const once = '7 unanswered 1.00 bob 5 6.00 world-usd 4 -11.00';
        return check(NOTES, withLine(once, '8 unanswered 1.00 bob 6 5.00 world-usd 5 -10.00'));
      },
      ['unanswered: booked twice, as 7 and 8'],
    ],
    [
      'an answer has the number of something else',
      'answers',
      () => check(altered('answered second', { transfer: 4 })),
      ['second: answered as 4, and booked as 5'],
    ],
    [
      'an answer has another amount',
      'answers',
      () => check(altered('answered second', { amount: '1.01' })),
      ['second: answered as 5 with 101, and booked with 100'],
    ],
    [
      'another amount was booked than was asked for',
      'answers',
      () => check(altered('asked second', { amount: '1.01' })),
      ['second: asked for 101 from ada to bob, entry 5 moves 100 from ada to bob'],
    ],
    [
      'it was booked on another account',
      'answers',
      () => check(altered('asked third', { to: 'ada' })),
      ['third: asked for 200 from world-usd to ada, entry 6 moves 200 from world-usd to bob'],
    ],
    [
      'a deposit was taken from an account',
      'answers',
      () => check(altered('asked second', { from: undefined })),
      ['second: asked for 100 from world-usd to bob, entry 5 moves 100 from ada to bob'],
    ],
    [
      'a withdrawal went to an account',
      'answers',
      () => check(altered('asked second', { to: undefined })),
      ['second: asked for 100 from ada to world-usd, entry 5 moves 100 from ada to bob'],
    ],
    [
      'a refused request was booked',
      'answers',
      () => check(NOTES, withLine('7 dear 6.00 ada 5 -1.00 world-usd 4 -6.00')),
      ['dear: refused with INSUFFICIENT_FUNDS, and booked as 7'],
    ],
    [
      'something was booked that nobody asked for',
      'answers',
      () => check(NOTES, withLine('7 - 2.00 world-usd 4 -14.00 bob 5 9.00')),
      ['entry 7, "": nobody had asked for it'],
    ],
    [
      'a receipt tells a wrong balance before',
      'balances',
      () => check(altered('answered second', { from: side('ada 4 10.00 5.00') })),
      [
        'second: answered as 5 with row 4 of ada from 1000 to 500; in the journal row 4 of ada from 600 to 500',
      ],
    ],
    [
      'a receipt tells a wrong balance afterwards',
      'balances',
      () => check(altered('answered second', { to: side('bob 3 4.00 6.00') })),
      [
        'second: answered as 5 with row 3 of bob from 400 to 600; in the journal row 3 of bob from 400 to 500',
      ],
    ],
    [
      'a receipt tells another row',
      'balances',
      () => check(altered('answered second', { to: side('bob 4 4.00 5.00') })),
      [
        'second: answered as 5 with row 4 of bob from 400 to 500; in the journal row 3 of bob from 400 to 500',
      ],
    ],
    [
      'somebody was refused who had enough at every moment',
      'balances',
      () => check(altered('asked dear', { amount: '5.00' })),
      ['dear: refused 500 of ada, which had as much all the while, from 5 to 6'],
    ],
    [
      'what was asked for behind an answer has the lower number',
      'order',
      () => check(moved('asked first', 'answered second')),
      [
        'first: answered as 4 to p1; entry 4, first, was asked for only later',
        'second: answered as 5 to p1; entry 4, first, was asked for only later',
      ],
    ],
    [
      'the journal has two answered requests the other way round',
      'order',
      () => {
        const journal = JOURNAL.with(4, '4 second 1.00 ada 3 9.00 bob 2 1.00');
        const first = { transfer: 5, from: side('ada 4 9.00 5.00'), to: side('bob 3 1.00 5.00') };
        const second = { transfer: 4, from: side('ada 3 10.00 9.00'), to: side('bob 2 0.00 1.00') };
        const notes = altered('answered second', second, altered('answered first', first));
        return check(notes, journal.with(5, '5 first 4.00 ada 4 5.00 bob 3 5.00'));
      },
      ['first: answered as 5 to p1; entry 4, second, was asked for only later'],
    ],
    ...looks(),
  ])('is red when %s', (_, kind, found, texts) => {
    expect(found()[kind]).toEqual(texts);
  });
});

type Case = [string, keyof Violations, () => Violations, string[]];

/** One look that shows something else. */
function looks(): Case[] {
  const totals = { ...total, customers: '10.00', world: '-10.00', asOf: 4 };
  const cases: [string, string, Partial<Saw> | object, string[]][] = [
    [
      'totals mix two moments',
      'look1',
      { totals: [{ ...totals, customers: '12.00', sum: '2.00' }] },
      ['look1: USD adds up to 200'],
    ],
    [
      'totals are of another moment than they say',
      'look1',
      { totals: [{ ...totals, customers: '12.00', world: '-12.00' }] },
      [
        'look1: as of 4 USD has 2 accounts with 1000, the world -1000, not 2 accounts with 1200, the world -1200',
      ],
    ],
    [
      'totals leave an account out',
      'look1',
      { totals: [{ ...totals, accounts: 1 }] },
      [
        'look1: as of 4 USD has 2 accounts with 1000, the world -1000, not 1 accounts with 1000, the world -1000',
      ],
    ],
    [
      'the currencies of totals are of two moments',
      'look1',
      { totals: [totals, { ...totals, currency: 'EUR', asOf: 5 }] },
      ['look1: totals of two moments, 4 and 5', 'look1: 2 currencies, and there is 1'],
    ],
    [
      'a list mixes two moments',
      'look2',
      {
        list: [
          ['ada', 3, '6.00'],
          ['bob', 3, '5.00'],
          ['world-usd', 2, '-10.00'],
        ],
      },
      [
        'look2: a list that includes entry 5 has ada with row 3 and 600, not row 4 and 500',
        'look2: a list in which USD adds up to 100',
      ],
    ],
    [
      'a list leaves an account out',
      'look2',
      {
        list: [
          ['ada', 4, '5.00'],
          ['bob', 3, '5.00'],
        ],
      },
      [
        'look2: a list that includes entry 5 has world-usd with nothing, not row 2 and -1000',
        'look2: a list in which USD adds up to 1000',
      ],
    ],
    [
      'a list has an account that there is not',
      'look2',
      {
        list: [
          ['ada', 4, '5.00'],
          ['bob', 3, '5.00'],
          ['eve', 1, '0.00'],
          ['world-usd', 2, '-10.00'],
        ],
      },
      ['look2: a list that includes entry 5 has eve with row 1 and 0, not nothing'],
    ],
    [
      'a balance is not that of its number',
      'look3',
      { balances: [['ada', 6, '6.00']] },
      ['look3: as of 6 ada has 500, not 600'],
    ],
    [
      'a balance has a number that there is not',
      'look3',
      { balances: [['ada', 7, '5.00']] },
      ['look3: p2 saw ada as of 7, and the journal ends at 6'],
    ],
    [
      'a history leaves a row out',
      'look5',
      {
        rows: [
          [2, 4, '4.00'],
          [4, 6, '7.00'],
        ],
      },
      ['look5: row 2 of bob where 3 was due'],
    ],
    [
      'a history does not begin with the first row',
      'look4',
      { rows: [[4, 5, '5.00']] },
      ['look4: row 4 of ada where 1 was due'],
    ],
    [
      'a history tells a row that the journal does not',
      'look5',
      { rows: [[4, 6, '5.00']] },
      ['look5: row 4 of bob has entry 6 and 700, not entry 6 and 500'],
    ],
    [
      'a history is older than what its own process was told',
      'look5',
      { rows: [[3, 5, '5.00']] },
      ['look5: p2 saw bob as of 5; p2 had been told 6 before'],
    ],
    [
      'a process does not see what it was answered itself',
      'look3',
      { balances: [['ada', 5, '5.00']] },
      ['look3: p2 saw ada as of 5; p2 had been told 6 before'],
    ],
    [
      'a process does not see what another one was answered before',
      'look2',
      {
        list: [
          ['ada', 3, '6.00'],
          ['bob', 2, '4.00'],
          ['world-usd', 2, '-10.00'],
        ],
      },
      ['look2: p3 saw a list as of 4; p1 had been told 5 before'],
    ],
  ];
  const seen = (by: string, name: string, asOf: number, balance: string) => [
    { by, looking: name },
    { by, saw: name, balances: [['bob', asOf, balance]] },
  ];
  const later: Case[] = [
    [
      'a process sees an older moment than it has seen before',
      'looks',
      () => {
        const twice = [...seen('p4', 'look6', 6, '7.00'), ...seen('p4', 'look7', 5, '5.00')];
        return check(upTo('answered third', ...twice));
      },
      ['look7: p4 saw bob as of 5; p4 had been told 6 before'],
    ],
    [
      'a look shows what nobody had asked for yet',
      'looks',
      () => {
        const third = NOTES[at('asked third')] ?? {};
        return check(upTo('asked third', ...seen('p4', 'look6', 6, '7.00'), third));
      },
      ['look6: p4 saw bob as of 6; entry 6, third, was asked for only later'],
    ],
  ];
  return [
    ...cases.map(
      ([title, saw, change, texts]): Case => [
        title,
        'looks',
        () => check(altered(`saw ${saw}`, change)),
        texts,
      ],
    ),
    ...later,
  ];
}

describe('The model of the journal', () => {
  it('works out the balance at every number', () => {
    const model = new Model(rowsOf(JOURNAL));
    const ada = [0, 1, 2, 3, 4, 5, 6].map((number) => model.balanceAt('ada', number));
    expect(ada).toEqual([undefined, 0n, 0n, 1000n, 600n, 500n, 500n]);
    expect(model.ids).toEqual(['world-usd', 'ada', 'bob']);
  });

  it.each<[string, string, string]>([
    [
      'a balance that does not add up',
      '7 key 1.00 ada 5 4.00 bob 5 8.01',
      'entry 7: bob has 801 cents, by all amounts 800',
    ],
    ['a row out of order', '7 key 1.00 ada 6 4.00 bob 5 8.00', 'entry 7: row 6 of ada, not 5'],
    ['a number out of order', '8 key 1.00 ada 5 4.00 bob 5 8.00', 'entry 8 where 7 was due'],
  ])('refuses %s', (_, line, text) => {
    expect(() => new Model(rowsOf(withLine(line)))).toThrow(text);
  });

  it('refuses an entry in a currency that an account does not have', () => {
    const euro = rowsOf([JOURNAL[0] ?? '', '7 key 1.00 ada 5 4.00 bob 5 8.00'], 'EUR');
    const model = () => new Model([...rowsOf(JOURNAL), ...euro]);
    expect(model).toThrow('entry 7: ada has no EUR');
  });
});
