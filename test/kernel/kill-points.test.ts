import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBank } from 'drovebank';
import { recover } from 'drovebank/recover';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bank } from '#lib/bank/api.js';
import { BARRIER_PAGES_MIN, PAGE_ROWS_MAX } from '#lib/store/limits.js';
import { declareDamage, PROGRAM } from '../cli/run-cli.js';
import { ROOT } from '../machine/processes.js';
import { namesIn, pagePath } from '../store/books.js';
import { type Asked, letStale } from './books.js';
import { Branch, programOf } from './branch.js';
import { canRun, proved } from './needs.js';
import { type Call, changing, type Ran, runTraced } from './strace.js';

/** How many points of each operation are tried: other ones each time. */
const POINTS_MAX = Number(process.env.POINTS ?? 60);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1000));
const RECOVER = PROGRAM.replace('drovebank.js', 'drovebank-recover.js');
let folder = '';
/** What each operation went through, for the table at the end. */
const table: string[] = [];

/** One try of an operation: what is run, where it may change things, and what must hold behind it. */
interface Try {
  readonly args: readonly string[];
  readonly below: string;
  /** How it exits when nobody kills it, if not with 0. */
  readonly code?: number;
  settle(ran: Ran): Promise<void>;
}

/** `count` of all, as far from each other as may be; the seed says where to begin. */
function spread<Item>(all: readonly Item[], count: number): Item[] {
  const stride = Math.max(1, all.length / count);
  const picked = all.filter((_, at) => Math.floor((at + 1) / stride) > Math.floor(at / stride));
  const turn = SEED % Math.ceil(stride);
  return picked.map((item) => all[all.indexOf(item) - turn] ?? item);
}

/**
 * Runs the operation once undisturbed, then once for each of its calls, killed right before it. `next`
 * prepares a try.
 */
async function killEverywhere(title: string, next: () => Promise<Try>): Promise<void> {
  const whole = await next();
  const undisturbed = await runTraced(whole.args);
  const ended = { code: whole.code ?? 0, signal: null };
  expect(undisturbed, undisturbed.stderr).toMatchObject(ended);
  await whole.settle(undisturbed);
  const calls = changing(undisturbed.calls, whole.below);
  const points = spread(calls, POINTS_MAX);
  expect(points.length).toBeGreaterThan(0);
  for (const point of points) {
    // Who waits for others makes more calls one time than the next: one not reached gives way to an earlier.
    let at = calls.indexOf(point);
    while (!(await killAt(calls[at] ?? point))) at = Math.floor(at * 0.8);
  }
  table.push(`${title}: ${points.length} kills at ${calls.length} calls`);

  async function killAt(point: Call): Promise<boolean> {
    const one = await next();
    const ran = await runTraced(one.args, point);
    if (ran.signal === null) expect(ran, ran.stderr).toMatchObject(ended);
    await one.settle(ran).catch((error) => {
      throw told(error, title, point, ran);
    });
    return ran.signal === 'SIGKILL';
  }
}

function told(error: unknown, title: string, point: Call, ran: Ran): unknown {
  if (error instanceof Error) {
    const last = ran.calls.slice(-3).map(({ line }) => line);
    error.message = `${title}, killed at ${point.name} ${point.ordinal}:\n${last.join('\n')}\n${error.message}`;
  }
  return error;
}

/** A bank of its own in which one operation is killed again and again. */
async function newBranch(accounts = 2): Promise<Branch> {
  const branch = new Branch(mkdtempSync(join(folder, 'branch-')));
  await branch.found(accounts);
  return branch;
}

function request(branch: Branch, verb: string, ...args: readonly unknown[]): string[] {
  return [programOf('one-request.js'), branch.directory, verb, JSON.stringify(args)];
}

const asText = (minor: bigint) => `${minor / 100n}.${`${minor % 100n}`.padStart(2, '0')}`;

/** A transfer from the first account to the second. */
function transfer(branch: Branch, amount = 1_25n) {
  const [from = '', to = ''] = branch.ids;
  const asked: Asked = { key: branch.newKey(), from, to, amount };
  const input = { from, to, amount: asText(amount), idempotencyKey: asked.key };
  return { asked, input, args: request(branch, 'transfer', input) };
}

function deposit(branch: Branch, to: string) {
  const asked: Asked = { key: branch.newKey(), to, amount: 2_50n };
  const args = request(branch, 'deposit', to, '2.50', { idempotencyKey: asked.key });
  return { asked, args };
}

/** Movements between many accounts at once, so that posting them takes one barrier and no sync each. */
function many(branch: Branch) {
  const pairs = branch.ids.slice(1).map((to, at) => [branch.ids[at] ?? '', to] as const);
  const asked = pairs.map(([from, to]) => ({ key: branch.newKey(), from, to, amount: 10n }));
  const inputs = asked.map(({ key, from, to }) => ({
    ...{ from, to, amount: '0.10' },
    idempotencyKey: key,
  }));
  return { asked, args: request(branch, 'transferMany', inputs, { atomic: true }) };
}

/** An operation that moves money in a bank that lives on from kill to kill. */
type Movement = (
  branch: Branch,
) => Promise<{ asked: Asked[]; args: string[]; opened?: Bank; check?: (ran: Ran) => void }>;

const MOVEMENTS: readonly (readonly [string, number, Movement])[] = [
  [
    'a deposit',
    2,
    async (branch) => {
      const { asked, args } = deposit(branch, branch.ids[1] ?? '');
      return { asked: [asked], args };
    },
  ],
  [
    'a transfer',
    2,
    async (branch) => {
      const { asked, args } = transfer(branch);
      return { asked: [asked], args };
    },
  ],
  [
    'a transfer by the command',
    2,
    async (branch) => {
      const { asked, input } = transfer(branch);
      const where = ['--dir', branch.directory, '--plain', '--key', asked.key];
      const args = [PROGRAM, 'transfer', input.from, input.to, input.amount, ...where];
      return { asked: [asked], args };
    },
  ],
  [
    'many transfers, all or none',
    BARRIER_PAGES_MIN + 2,
    async (branch) => {
      return many(branch);
    },
  ],
  [
    'a page turn',
    1,
    async (branch) => {
      let to = '';
      await branch.within(async (bank) => {
        to = await branch.addAccount(bank);
        const rows = Array.from({ length: PAGE_ROWS_MAX - 1 }, () => branch.newKey());
        await branch.book(
          bank,
          rows.map((key) => ({ key, to, amount: 1n })),
        );
      });
      expect(existsSync(pagePath(branch.directory, to, 1))).toBe(false);
      const { asked, args } = deposit(branch, to);
      const check = () => expect(existsSync(pagePath(branch.directory, to, 1))).toBe(true);
      return { asked: [asked], args, check };
    },
  ],
  [
    'a segment turn',
    2,
    async (branch) => {
      const { asked, args } = transfer(branch);
      const segments = () => namesIn(branch.directory, 'journal').length;
      const before = segments();
      const check = ({ signal }: Ran) => {
        if (signal === null) expect(segments()).toBeGreaterThan(before);
      };
      return { asked: [asked], args: [...args, '1'], check };
    },
  ],
  [
    'taking over from who died behind its answer',
    2,
    async (branch) => {
      branch.dieAnswered(branch.ids[0] ?? '');
      const { asked, args } = transfer(branch);
      return { asked: [asked], args };
    },
  ],
  [
    'taking over from who died between write and sync',
    2,
    async (branch) => {
      const sync = syncs.get(branch) ?? (await syncOf(branch));
      syncs.set(branch, sync);
      const first = transfer(branch, 3_00n);
      const { signal } = await runTraced(first.args, sync);
      expect(signal).toBe('SIGKILL');
      const { asked, args } = transfer(branch);
      return { asked: [first.asked, asked], args };
    },
  ],
  [
    'a bank handed over by a living process',
    2,
    async (branch) => {
      const opened = await openBank(branch.directory);
      const [to = ''] = branch.ids;
      await branch.book(opened, [{ key: branch.newKey(), to, amount: 1n }]);
      const { asked, args } = transfer(branch);
      return { asked: [asked], args, opened };
    },
  ],
];

/** The call that makes a transfer durable, in each bank. */
const syncs = new Map<Branch, Call>();

async function syncOf(branch: Branch): Promise<Call> {
  const { asked, args } = transfer(branch);
  const ran = await runTraced(args);
  letStale(branch.directory);
  await branch.settle([asked], ran);
  const sync = ran.calls.find(
    ({ name, line }) => name === 'fdatasync' && line.includes('/journal/'),
  );
  if (!sync) throw new Error('a transfer was answered that nobody made durable');
  return sync;
}

const PROOF = 'E: killed at every system call';

const needs = { test: 'test/kernel/kill-points.test.ts', slow: !process.env.POINTS };
const isHere = canRun(PROOF, needs);

describe.skipIf(!isHere)(PROOF, { timeout: 900_000 }, () => {
  beforeAll(() => {
    folder = mkdtempSync(join(ROOT, 'drovebank-kernel-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    console.log(`${PROOF}, seed ${SEED}\n  ${table.join('\n  ')}`);
    if (table.length === OPERATIONS) proved(PROOF);
  });

  it.concurrent.each(MOVEMENTS)('%s happens once, or not at all', async (title, accounts, next) => {
    const branch = await newBranch(accounts);
    await killEverywhere(title, async () => {
      const { asked, args, opened, check } = await next(branch);
      const settle = async (ran: Ran) => {
        await branch.settle(asked, ran, opened);
        check?.(ran);
      };
      return { args, below: branch.directory, settle };
    });
    await branch.expectWhole();
  });

  it.concurrent('opening an account happens once, or not at all', async () => {
    const branch = await newBranch();
    await killEverywhere('opening an account', async () => {
      const key = branch.newKey();
      const input = { id: key, firstName: 'Kernel', lastName: 'Test', idempotencyKey: key };
      const settle = async (ran: Ran) => {
        letStale(branch.directory);
        await branch.within(async (bank) => {
          const exists = await bank.account(key).then(
            () => true,
            ({ code }) => expect(code).toBe('ACCOUNT_NOT_FOUND'),
          );
          const { transfer, replayed } = await bank.openAccount(input);
          if (exists === true) expect(replayed).toBe(true);
          if (ran.stdout !== '') expect(ran.stdout).toBe(`answered ${transfer}\n`);
          if (ran.stdout !== '') expect(exists).toBe(true);
        });
        branch.balances.set(key, 0n);
        await branch.settle([], { ...ran, stdout: '' });
      };
      return { args: request(branch, 'openAccount', input), below: branch.directory, settle };
    });
    await branch.expectWhole();
  });

  it.concurrent('a copy is taken for its own whole, or looked at again', async () => {
    const branch = await newBranch();
    branch.dieAnswered(branch.ids[0] ?? '');
    await killEverywhere('the first request of a copy', async () => {
      const place = mkdtempSync(join(folder, 'copy-'));
      const copy = branch.copy(place);
      const { asked, args } = transfer(copy);
      const settle = async (ran: Ran) => {
        await copy.settle([asked], ran);
        rmSync(place, { recursive: true });
      };
      return { args, below: copy.directory, settle };
    });
  });

  it.concurrent('a new bank is there whole, or not at all', async () => {
    await killEverywhere('making a bank', async () => {
      const place = mkdtempSync(join(folder, 'new-'));
      const branch = new Branch(place);
      const settle = async ({ stdout }: Ran) => {
        const isThere = existsSync(branch.directory);
        if (stdout !== '') expect(isThere).toBe(true);
        // Not created by `found`, if it is there: then it must be whole.
        if (isThere) await (await openBank(branch.directory)).close();
        await branch.found(2);
        await branch.expectWhole();
        const left = readdirSync(place).filter((name) => !name.startsWith('.bank.new-'));
        expect(left).toEqual(['bank']);
        rmSync(place, { recursive: true });
      };
      return { args: [PROGRAM, 'init', '--dir', branch.directory], below: place, settle };
    });
  });

  it.concurrent('an import that was cut short is finished by the same command', async () => {
    const files = writeImport(join(folder, 'import'));
    await killEverywhere('an import', async () => {
      const branch = await newBranch();
      const args = [PROGRAM, 'import', '--dir', branch.directory, ...files.paths];
      const settle = async () => {
        letStale(branch.directory);
        const again = await runTraced(args);
        expect(again, again.stderr).toMatchObject({ code: 0 });
        for (const [id, balance] of files.balances) branch.balances.set(id, balance);
        await branch.expectWhole();
        rmSync(branch.directory, { recursive: true });
      };
      return { args, below: branch.directory, settle };
    });
  });

  it.concurrent('a recovery that was cut short is finished by the next', async () => {
    const branch = await newBranch();
    await killEverywhere('drovebank-recover', async () => {
      branch.dieAnswered(branch.ids[0] ?? '');
      declareDamage(branch.directory);
      const settle = async () => {
        letStale(branch.directory);
        const { state, problems } = await recover(branch.directory, { apply: true });
        expect(problems).toEqual([]);
        expect(['clean', 'repaired']).toContain(state);
        const lost = join(branch.directory, 'lost+found');
        const moved = readdirSync(lost, { recursive: true, encoding: 'utf8' });
        // Killed between the copy and the removal, it is copied once more.
        expect(moved.filter((name) => name.endsWith('/PAIN.csv')).length).toBeOneOf([1, 2]);
        rmSync(lost, { recursive: true });
        expect((await recover(branch.directory)).state).toBe('clean');
        await branch.expectWhole();
      };
      const args = [RECOVER, '--dir', branch.directory, '--apply'];
      return { args, below: branch.directory, code: 1, settle };
    });
  });
});

/** The movements, and the five above. */
const OPERATIONS = MOVEMENTS.length + 5;

/** Three accounts and thirty deposits, as two files. */
function writeImport(place: string) {
  const paths = [join(place, 'accounts.csv'), join(place, 'transactions.csv')] as const;
  const ids = ['ada', 'bob', 'eve'];
  const accounts = ids.map((id) => `${id},2026-01-01,First,Last,USD,0`);
  const transactions = Array.from(
    { length: 30 },
    (_, at) => `t${at},2026-01-02,${ids[at % 3]},in,1.00`,
  );
  mkdirSync(place);
  const header = 'account,opened,first_name,last_name,currency,overdraft_limit';
  writeFileSync(paths[0], `${[header, ...accounts].join('\n')}\n`);
  writeFileSync(paths[1], `${['id,date,account,direction,amount', ...transactions].join('\n')}\n`);
  return { paths, balances: new Map(ids.map((id) => [id, 10_00n])) };
}
