import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { openBank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { encodeBatch, encodeLeave } from '#lib/format/journal-row.js';
import { decodeCheckpoint, encodeCheckpoint } from '#lib/format/position.js';
import { ID_SEARCHES_MAX } from '#lib/store/limits.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine, newDirectory, noPoster } from '../machine/processes.js';
import { sample } from '../sample.js';
import { expectClean, namesIn, pagePath } from './books.js';

const ADA = 'a10017';
const BOB = 'a10025';
const SHOP = 'corner-shop';
/** Few rows and no number of the bank's own: nothing but its one page and the journal tell of it. */
const KIOSK = 'kiosk';
/** Nobody ever paid her: what is not there can’t show in a sum. */
const EVE = 'a10033';
const WORLD = 'world-usd';

/** A bank that is closed: everything posted, two earlier pages for ada, one for the shop. */
async function closedBank(): Promise<string> {
  const directory = newDirectory();
  const bank = await openBank(directory, { create: true });
  for (const [firstName, id] of [
    ['Ada'],
    ['Bob'],
    ['Shop', SHOP],
    ['K', KIOSK],
    ['Eve'],
  ] as const) {
    await bank.openAccount({ firstName, lastName: 'Smith', id });
  }
  await bank.transferMany([ADA, BOB, SHOP, KIOSK].map((to) => ({ to, amount: '100.00' })));
  await bank.deposit(BOB, '1.00', { idempotencyKey: 'old' });
  for (const to of [ADA, ADA, SHOP]) {
    const memo = ',world-eur,1,'; // As a journal row has it that opens the outside.
    await bank.transferMany(Array.from({ length: 64 }, () => ({ to, amount: '1.00', memo })));
    await bank.posted();
  }
  await expectClean(bank);
  await bank.close();
  return directory;
}

const relative = (id: string, page?: number) => pagePath('', id, page);
const segment = (directory: string) =>
  namesIn(directory, 'journal').find((name) => name !== 'checkpoint.csv') ?? '';

/** Changes one byte, counted from the start or, below zero, from the end. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

type Ask = (bank: Bank) => Promise<unknown>;
const balance: Ask = (bank) => bank.balance(ADA);
const deposit: Ask = (bank) => bank.deposit(ADA, '1.00');
const keyed: Ask = (bank) => bank.deposit(ADA, '1.00', { idempotencyKey: 'k' });
const read: Ask = (bank) => bank.history(ADA, { limit: 1_000 }).page();
const backwards: Ask = (bank) => bank.history(ADA, { limit: 1_000, reverse: true }).page();
const totals: Ask = (bank) => bank.totals();
const list: Ask = (bank) => bank.accounts().page();
const openUsd: Ask = (bank) => bank.openAccount({ firstName: 'Eve', lastName: 'Late' });
const openShop: Ask = (bank) => bank.openAccount({ firstName: 'S', lastName: 'S', id: SHOP });
const openLate: Ask = (bank) => bank.openAccount({ firstName: 'L', lastName: 'L', id: 'late' });
const balanceOfKiosk: Ask = (bank) => bank.balance(KIOSK);
const openKiosk: Ask = (bank) => bank.openAccount({ firstName: 'K', lastName: 'K', id: KIOSK });
const once: Ask = (bank) => bank.deposit(BOB, '1.00', { idempotencyKey: 'old' });
const postTo = (id: string) => async (bank: Bank) => {
  await bank.deposit(id, '1.00');
  await bank.posted();
};
const post: Ask = postTo(ADA);
const postToShop: Ask = postTo(SHOP);
const balanceOfShop: Ask = (bank) => bank.balance(SHOP);

/** What is done to which file, and what is asked for then. */
const DAMAGE: [string, (directory: string) => string, Record<string, Ask>][] = [
  ...[100, 300, -3, -20, -80].map((at): (typeof DAMAGE)[number] => [
    `byte ${at} of a passbook changed`,
    (directory) => {
      flip(pagePath(directory, ADA), at);
      return relative(ADA);
    },
    { balance, deposit, read, totals, list },
  ]),
  [
    'a passbook emptied',
    (directory) => {
      truncateSync(pagePath(directory, ADA));
      return relative(ADA);
    },
    { balance, deposit, read, totals, list },
  ],
  [
    'the passbook of somebody else under the name',
    (directory) => {
      copyFileSync(pagePath(directory, BOB), pagePath(directory, ADA));
      return relative(ADA);
    },
    { balance, deposit, read, totals, list },
  ],
  [
    'a passbook gone',
    (directory) => {
      rmSync(pagePath(directory, ADA));
      return relative(ADA);
    },
    { balance, deposit, read, totals, list },
  ],
  [
    'the passbook of the outside gone',
    (directory) => {
      rmSync(pagePath(directory, WORLD));
      return relative(WORLD);
    },
    { deposit, openUsd },
  ],
  [
    'the open page of an account with a chosen id gone',
    (directory) => {
      rmSync(pagePath(directory, SHOP));
      return relative(SHOP);
    },
    { balanceOfShop, openShop },
  ],
  [
    'the only page of an account with a chosen id gone',
    (directory) => {
      rmSync(pagePath(directory, KIOSK));
      return relative(KIOSK);
    },
    { balanceOfKiosk, openKiosk },
  ],
  [
    'an earlier page gone',
    (directory) => {
      rmSync(pagePath(directory, ADA, 1));
      return relative(ADA);
    },
    { read, backwards, post },
  ],
  [
    'the newest of the earlier pages gone',
    (directory) => {
      rmSync(pagePath(directory, ADA, 2));
      return relative(ADA);
    },
    { read, backwards, post },
  ],
  [
    'the open page in the place of an earlier one',
    (directory) => {
      copyFileSync(pagePath(directory, ADA), pagePath(directory, ADA, 2));
      return relative(ADA);
    },
    { read, backwards, post },
  ],
  [
    'an earlier page under a number that no page has',
    (directory) => {
      renameSync(pagePath(directory, SHOP, 1), pagePath(directory, SHOP, 0));
      return relative(SHOP);
    },
    { postToShop },
  ],
  [
    'the earliest page gone, and the one behind it under its name',
    (directory) => {
      renameSync(pagePath(directory, ADA, 2), pagePath(directory, ADA, 1));
      return relative(ADA, 1);
    },
    { read },
  ],
  [
    'an earlier page in the place of another one',
    (directory) => {
      copyFileSync(pagePath(directory, ADA, 2), pagePath(directory, ADA, 1));
      return relative(ADA, 1);
    },
    { read, backwards },
  ],
  [
    'an earlier page changed',
    (directory) => {
      flip(pagePath(directory, ADA, 1), 2_000);
      return relative(ADA, 1);
    },
    { read, backwards },
  ],
  [
    'the checkpoint gone',
    (directory) => {
      rmSync(join(directory, 'journal/checkpoint.csv'));
      return 'journal/checkpoint.csv';
    },
    { balance, deposit, read, totals },
  ],
  [
    'the checkpoint changed',
    (directory) => {
      flip(join(directory, 'journal/checkpoint.csv'), -40);
      return 'journal/checkpoint.csv';
    },
    { balance, deposit, read, totals },
  ],
  [
    'the journal gone',
    (directory) => {
      const name = segment(directory);
      rmSync(join(directory, 'journal', name));
      return `journal/${name}`;
    },
    { deposit, keyed },
  ],
  [
    'the journal cut',
    (directory) => {
      const path = join(directory, 'journal', segment(directory));
      truncateSync(path, readFileSync(path).length - 200);
      return `journal/${segment(directory)}`;
    },
    { deposit, keyed },
  ],
  [
    'an old entry of the journal changed',
    (directory) => {
      flip(join(directory, 'journal', segment(directory)), 900);
      return `journal/${segment(directory)}`;
    },
    { once },
  ],
  [
    'an old key in the journal changed',
    (directory) => {
      const path = join(directory, 'journal', segment(directory));
      flip(path, readFileSync(path).indexOf('"old"') + 1);
      return `journal/${segment(directory)}`;
    },
    { once, openLate },
  ],
];

describe('damage is found, named, and never read as a balance', () => {
  for (const [index, [name, harm, asked]] of DAMAGE.entries()) {
    it.each(sample(Object.keys(asked), 2, index))(`${name}: %s`, async (verb) => {
      const directory = await closedBank();
      const file = harm(directory);
      const answer = async () => {
        const bank = await openBank(directory);
        try {
          return await asked[verb]?.(bank);
        } finally {
          await bank.close().catch(() => {});
        }
      };
      await expect(answer()).rejects.toMatchObject({ code: 'BANK_DAMAGED', committed: false });
      await expect(answer(), 'once more').rejects.toMatchObject({ code: 'BANK_DAMAGED' });
      // Whoever came upon it has stopped the bank for everybody. Without a checkpoint nobody gets in.
      const isStopped = existsSync(join(directory, 'PAIN.csv'));
      expect(isStopped).toBe(file !== 'journal/checkpoint.csv');
      if (isStopped) {
        expect(readFileSync(join(directory, 'PAIN.csv'), 'utf8')).toContain(file);
      }
      await expect(openBank(directory)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    });
  }

  it.each([
    [KIOSK, 'accounts', 'USD adds up to -10000 minor units, not 0'],
    [EVE, relative(EVE), 'the passbook is missing'],
  ])('a missing page shows in the totals, whoever’s it is: %s', async (id, file, what) => {
    const directory = await closedBank();
    rmSync(pagePath(directory, id));
    const bank = await openBank(directory);
    for (const ask of [totals, list]) {
      await expect(ask(bank)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    }
    await bank.close().catch(() => {});
    const notice = readFileSync(join(directory, 'PAIN.csv'), 'utf8');
    expect(notice).toContain(`"${what}","${file}"`);
  });

  it('pages that begin behind the first row are no history, read backwards either', async () => {
    const directory = await closedBank();
    renameSync(pagePath(directory, ADA, 2), pagePath(directory, ADA, 1));
    const bank = await openBank(directory);
    await expect(backwards(bank)).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
    await bank.close().catch(() => {});
  });

  it('a missing page shows however many ids were asked for that nobody has', async () => {
    const directory = await closedBank();
    rmSync(pagePath(directory, KIOSK));
    const bank = await openBank(directory);
    for (let count = 0; count <= ID_SEARCHES_MAX; count++) {
      const asked = bank.balance(`nobody-${count}`);
      await expect(asked).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
    }
    await expect(balanceOfKiosk(bank)).rejects.toMatchObject({
      ...{ code: 'BANK_DAMAGED', details: { file: relative(KIOSK) } },
    });
    await bank.close().catch(() => {});
  });

  it.each(sample(DAMAGE, 2).map(([name, harm]) => ({ name, harm })))(
    'by verify as well: $name',
    async ({ harm }) => {
      const directory = await closedBank();
      const bank = await openBank(directory);
      const file = harm(directory);
      const found = await bank.verify().then(
        ({ ok, steps }) => {
          expect(ok).toBe(false);
          return steps.flatMap(({ problems }) => problems.map((problem) => problem.file));
        },
        (error) => [error.details.file],
      );
      expect(found).toContain(file);
      await bank.close().catch(() => {});
    },
  );
});

describe('a page of an older day that is put back while the bank is open', () => {
  it.each(Object.entries({ read, backwards, posted: (bank: Bank) => bank.posted() }))(
    'is damage where the journal has rows that do not follow it: %s',
    async (_, ask) => {
      const machine = Machine.on(await closedBank());
      const { directory } = machine;
      const bank = await machine.open({ ...machine.host(), startPoster: noPoster });
      const old = readFileSync(pagePath(directory, ADA));
      await post(bank);
      await bank.deposit(ADA, '1.00');
      writeFileSync(pagePath(directory, ADA), old);
      const what = 'it ends at row 130, and the journal goes on with row 132';
      const damage = { code: 'BANK_DAMAGED', details: { file: relative(ADA), what } };
      await expect(ask(bank)).rejects.toMatchObject(damage);
      expect(readFileSync(join(directory, 'PAIN.csv'), 'utf8')).toContain(what);
      await bank.close().catch(() => {});
    },
  );
});

describe('an entry that makes no sense although every seal fits', () => {
  it('answers nobody: all of the batch that meets it is told of a bug, and nothing of it is booked', async () => {
    const directory = newDirectory();
    const key = { idempotencyKey: 'first' };
    const ada = { firstName: 'Ada', lastName: 'Smith', ...key };
    const maker = await openBank(directory, { create: true });
    const { id } = await maker.openAccount(ada);
    await maker.close();
    const path = join(directory, 'journal', segment(directory));
    const text = readFileSync(path, 'utf8');
    const head = text.slice(0, text.indexOf('open,'));
    const [entry = ''] = text.slice(head.length).split('\n');
    const lines = `${entry.replace(`${id},1,`, `${id},2,`)}\n`;
    const previous = head.trimEnd().slice(-64);
    const batch = encodeBatch(lines, { transfer: 1, epoch: 2, count: 1, previous });
    const leave = encodeLeave({ transfer: 1, epoch: 2, previous: batch.seal });
    writeFileSync(path, `${head}${batch.bytes}${leave.bytes}`);
    const checkpoint = join(directory, 'journal/checkpoint.csv');
    const told = decodeCheckpoint(readFileSync(checkpoint, 'utf8'));
    const position = { ...told.position, seal: batch.seal };
    writeFileSync(checkpoint, encodeCheckpoint({ ...told, position }));
    const mark = join(directory, 'desks/writer', namesIn(directory, 'desks/writer')[0] ?? '');
    for (const name of readdirSync(mark)) rmSync(join(mark, name));

    const bank = await openBank(directory);
    const [again, beside] = await Promise.allSettled([
      bank.openAccount(ada),
      bank.deposit(id, '1.00'),
    ]);
    for (const { reason } of [again, beside] as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ message: expect.stringContaining('drovebank bug') });
    }
    expect((await bank.balance(id)).ledger.amount).toBe('0.00');
    await bank.close();
  });
});

it('takes no memo for the outside of a currency', async () => {
  const directory = await closedBank();
  const bank = await openBank(directory);
  const { id } = await bank.openAccount({ firstName: 'Eve', lastName: 'Late', currency: 'EUR' });
  expect((await bank.deposit(id, '1.00')).from.id).toBe('world-eur');
  await expectClean(bank);
  await bank.close();
});

describe('a desk that is not as it should be', () => {
  const deskOf = (directory: string, role: string) =>
    join(directory, 'desks', role, namesIn(directory, `desks/${role}`)[0] ?? '');

  it.each<[string, (directory: string) => void]>([
    ['gone', (directory) => rmSync(deskOf(directory, 'writer'), { recursive: true })],
    [
      'gone with its folder',
      (directory) => rmSync(join(directory, 'desks/writer'), { recursive: true }),
    ],
    [
      'gone with the whole office',
      (directory) => rmSync(join(directory, 'desks'), { recursive: true }),
    ],
    [
      'gone, and a file in its place',
      (directory) => {
        rmSync(join(directory, 'desks'), { recursive: true });
        writeFileSync(join(directory, 'desks'), 'x');
      },
    ],
    ['gone, the poster’s', (directory) => rmSync(deskOf(directory, 'poster'), { recursive: true })],
    ['one of two', (directory) => mkdirSync(`${deskOf(directory, 'writer')}0`)],
  ])('is damage: %s', async (_, harm) => {
    const directory = await closedBank();
    harm(directory);
    const work = async () => {
      const bank = await openBank(directory);
      try {
        await bank.deposit(ADA, '1.00');
        await bank.posted();
      } finally {
        await bank.close().catch(() => {});
      }
    };
    await expect(work()).rejects.toMatchObject({ code: 'BANK_DAMAGED' });
  });
});

describe('what is no bank, or not one for us', () => {
  it.each<[string, (directory: string) => void]>([
    ['an absent directory', () => {}],
    ['an empty directory', (path) => mkdirSync(path)],
    ['a file', (path) => writeFileSync(path, 'hello')],
    [
      'a path that leads through a file',
      (path) => {
        rmSync(dirname(path), { recursive: true });
        writeFileSync(dirname(path), 'hello');
      },
    ],
  ])('%s holds no bank', async (_, make) => {
    const directory = newDirectory();
    make(directory);
    await expect(openBank(directory)).rejects.toMatchObject({ code: 'BANK_NOT_FOUND' });
  });

  it.each<[string, string, (text: string) => string | undefined]>([
    ['without its bank.json', 'BANK_DAMAGED', () => undefined],
    ['with an empty bank.json', 'BANK_DAMAGED', () => ''],
    ['with a line break behind its bank.json', 'BANK_DAMAGED', (text) => `${text}\n`],
    ['with half a bank.json', 'BANK_DAMAGED', (text) => text.slice(0, text.length >> 1)],
    ['of a newer format', 'BANK_TOO_NEW', (text) => text.replace('"version": 1', '"version": 2')],
  ])('a bank %s is %s', async (_, code, change) => {
    const directory = await closedBank();
    const path = join(directory, 'bank.json');
    const text = change(readFileSync(path, 'utf8'));
    rmSync(path);
    if (text !== undefined) writeFileSync(path, text);
    const before = readdirSync(directory, { recursive: true }).sort();
    await expect(openBank(directory)).rejects.toMatchObject({ code });
    await expect(openBank(directory, { create: true })).rejects.toMatchObject({ code });
    expect(readdirSync(directory, { recursive: true }).sort()).toEqual(before);
  });

  it.each([
    ['its bank.json', 'read', (path: string) => path.endsWith('bank.json')],
    ['what else is there', 'facts', () => true],
  ] as const)(
    'is not said to be none because the disk fails to show %s',
    async (_, step, isLike) => {
      const directory = await closedBank();
      if (step === 'facts') rmSync(join(directory, 'bank.json'));
      const disk = new FaultyDisk();
      disk.fault = ({ name, path }) => (name === step && isLike(path) ? 'EIO' : undefined);
      const machine = Machine.on(directory);
      await expect(machine.open(machine.host(disk.on))).rejects.toMatchObject({ code: 'EIO' });
    },
  );
});

it.each<[string, (desks: string) => void]>([
  ['gone', () => {}],
  ['a file', (desks) => writeFileSync(desks, 'mine')],
])('the folder of the desks %s: the bank is not taken for a copy', async (_, harm) => {
  const directory = await closedBank();
  const desks = join(directory, 'desks');
  rmSync(desks, { recursive: true });
  harm(desks);
  await expect(openBank(directory)).rejects.toMatchObject({
    code: 'BANK_DAMAGED',
    details: { file: 'desks', what: 'the folder is missing' },
  });
});

describe('A page whose bytes are no UTF-8', () => {
  it('is damage also where they are read as the letter that stood there', async () => {
    const directory = newDirectory();
    const bank = await openBank(directory, { create: true });
    const letter = '\ufffd'; // As a name or a memo may have it.
    const ada = await bank.openAccount({ firstName: `A${letter}`, lastName: 'L' });
    await bank.close();
    const path = pagePath(directory, ada.id);
    const bytes = readFileSync(path);
    const at = bytes.indexOf(letter);
    expect(at).toBeGreaterThan(0);
    const again = await openBank(directory);
    expect((await again.account(ada.id)).firstName).toBe(`A${letter}`);
    await again.close();
    // Half of a letter, for the one that tells of it.
    const changed = Buffer.concat([
      bytes.subarray(0, at),
      Buffer.from([0xef, 0xbf]),
      bytes.subarray(at + 3),
    ]);
    expect(changed.toString()).toBe(bytes.toString());
    writeFileSync(path, changed);
    const damaged = await openBank(directory);
    await expect(damaged.account(ada.id)).rejects.toMatchObject({
      code: 'BANK_DAMAGED',
      details: { what: 'it is not UTF-8' },
    });
    await damaged.close().catch(() => undefined);
  });
});
