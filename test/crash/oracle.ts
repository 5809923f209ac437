import type { Bank, HistoryEntry } from '#lib/bank/api.js';
import type { Operation } from '#lib/bank/operations.js';
import { type AccountId, givenAccountNumber } from '#lib/ledger/account-id.js';
import { BankError } from '#lib/ledger/errors.js';
import { recoverBank } from '#lib/store/recover.js';
import type { SimulatedMachine, SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { readRawBank } from './raw-bank.js';

export const BANK = '/home/banks/ours';
export const WORLD = 'world-usd';

/** Why the rules refuse what is asked for where it is `refused`. */
export const REFUSALS: readonly string[] = [
  ...['INSUFFICIENT_FUNDS', 'LIMIT_EXCEEDED', 'ALREADY_REVERSED'],
  ...['ACCOUNT_FROZEN', 'ACCOUNT_CLOSED'],
];

/** Something that was asked for. Amounts in cents. */
export interface Asked {
  /** Its idempotency key; its memo, where it has none. */
  readonly key: string;
  /** It has no key: who asks again asks for something new. */
  readonly unkeyed?: boolean;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly amount: bigint;
  /** Opens the account `to`, by this name. */
  readonly opens?: string;
  /** What is asked for, where it is no plain movement; with `on`, of an account that changes alone. */
  readonly does?: Operation;
  readonly on?: string;
  /** It was refused, or would be. */
  readonly refused?: boolean;
  /** All with the same name happen, or none. */
  readonly group?: string;
}

/** What the bank held when everything was quiet: cents by account. */
export type Balances = ReadonlyMap<string, bigint>;

/** What had been promised when the crash came. */
export interface Promised {
  /** What the bank held before; `undefined`: there was no bank. */
  readonly before: Balances | undefined;
  readonly asked: readonly Asked[];
  /** Keys of what was answered. */
  readonly answered: readonly string[];
  /** Keys of what was told not to have happened. */
  readonly denied?: readonly string[];
  /** The bank may have been stopped: it is recovered first. */
  readonly stops?: boolean;
  /** Asks for all of it again; one by one, if absent; `false`: nobody asks again. */
  readonly again?: ((bank: Bank) => Promise<void>) | false | undefined;
}

/** A promise that was broken. */
export class Violation extends Error {}

export function must(holds: boolean, text: string): asserts holds {
  if (!holds) throw new Violation(text);
}

export function asText(cents: bigint): string {
  const digits = `${cents < 0n ? -cents : cents}`.padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const asCents = (text: string) => BigInt(text.replace('.', ''));

/** Every account with its balance, by what the bank answers. */
export async function balancesOf(bank: Bank): Promise<Map<string, bigint>> {
  const balances = new Map<string, bigint>();
  for await (const { id, ledger } of bank.accounts({ world: true })) {
    balances.set(id, asCents(ledger.amount));
  }
  return balances;
}

/**
 * Holds a bank after a crash against what had been promised (P1 to P9 of the crash rules): opens it,
 * looks at everything, asks `again` what had been asked for, goes on working, and leaves it tidy.
 */
export async function expectPromises(machine: SimulatedMachine, promised: Promised): Promise<void> {
  const { before = new Map(), asked, answered, stops, again } = promised;
  if (stops) await machine.run(() => recover(machine));
  if (promised.before === undefined) await expectWholeOrNone(machine, answered);
  const process = machine.start();
  await machine.run(async () => {
    const bank = await process.openBank(BANK);
    const booked = await expectAnswers(bank, before, asked, answered);
    await expectSound(bank);
    if (again) await again(bank);
    else if (again !== false) await askAgain(bank, asked, booked, new Set(promised.denied));
    const next: Asked =
      before.size === 0 ? OPENS : { key: 'next', to: firstOf(before), amount: 1n };
    await ask(bank, next);
    const all = [...asked, next];
    // Without a key nobody asked again.
    const isAsked = (one: Asked) => again !== false && !one.unkeyed;
    const done = all.filter((one) => booked.has(one.key) || isAsked(one));
    const settled = done.filter((one) => !one.refused).map(({ key }) => key);
    await expectAnswers(bank, before, all, settled);
    await bank.close();
  });
  expectTidy(machine, process);
  process.kill();
  // Whoever comes next finds the same, in both books and in the bare files.
  const next = machine.start();
  await machine.run(async () => {
    const bank = await next.openBank(BANK);
    await expectSound(bank);
    const balances = await balancesOf(bank);
    await bank.close();
    readRawBank(machine.disk.tree(), BANK, balances);
  });
  expectTidy(machine, next);
  next.kill();
}

/**
 * The shortest look: somebody opens the bank and finds what was answered, and nothing that was refused;
 * and goes on working.
 */
export async function expectBooked(
  machine: SimulatedMachine,
  { before = new Map(), asked, answered }: Promised,
): Promise<void> {
  const process = machine.start();
  await machine.run(async () => {
    const bank = await process.openBank(BANK);
    await expectAnswers(bank, before, asked, answered);
    await ask(bank, { key: 'next', to: firstOf(before), amount: 1n });
  });
  process.kill();
}

const OPENS: Asked = { key: 'next', to: 'a10017', amount: 0n, opens: 'Next' };

function firstOf(balances: Balances): string {
  return [...balances.keys()].find((id) => id !== WORLD) ?? '';
}

/** `drovebank-recover --apply`, as often as one likes, sets it going again. */
export async function recover(machine: SimulatedMachine): Promise<void> {
  for (const states of [['clean', 'repaired'], ['clean']]) {
    const process = machine.start();
    const { state, problems } = await recoverBank(process.host, BANK, { apply: true });
    const text = problems.map(({ file, what }) => `${file}: ${what}`).join('; ');
    must(states.includes(state), `P9: recovery ends with ${state}: ${text}`);
    must(process.open.size === 0, `P9: still open: ${[...process.open.values()].join(', ')}`);
    process.kill();
  }
}

/** A bank that was being made is there as a whole, or it can be made. */
async function expectWholeOrNone(
  machine: SimulatedMachine,
  answered: readonly string[],
): Promise<void> {
  const process = machine.start();
  await machine.run(async () => {
    try {
      const bank = await process.openBank(BANK);
      await bank.close();
    } catch (error) {
      if (!(error instanceof BankError) || error.code !== 'BANK_NOT_FOUND') throw error;
      must(answered.length === 0, `P1: ${answered.join()} was answered, and the bank is gone`);
      await process.initBank(BANK);
    }
  });
  must(process.open.size === 0, `P8: still open: ${[...process.open.values()].join(', ')}`);
  process.kill();
}

/** Holds what the bank shows against what was asked and answered. @returns the keys that were booked */
async function expectAnswers(
  bank: Bank,
  before: Balances,
  asked: readonly Asked[],
  answered: readonly string[],
): Promise<Set<string>> {
  const balances = await balancesOf(bank);
  const rows = new Map<string, HistoryEntry[]>();
  for (const id of balances.keys()) {
    let seq = 0;
    for await (const row of bank.history(id)) {
      must(row.seq === ++seq, `${id}: row ${row.seq} where ${seq} was to come`);
      const name = row.key || row.memo;
      if (name !== '') rows.set(name, [...(rows.get(name) ?? []), row]);
    }
  }
  const expected = new Map(before);
  const booked = new Set<string>();
  for (const one of asked) {
    const found = rows.get(one.key) ?? [];
    if (found.length === 0) {
      must(
        one.refused === true || !answered.includes(one.key),
        `P1: ${one.key} was answered and is gone`,
      );
      continue;
    }
    must(one.refused !== true, `P3: ${one.key} was refused and is there`);
    booked.add(one.key);
    expectLegs(one, found);
    const add = (id: string, cents: bigint) => expected.set(id, (expected.get(id) ?? 0n) + cents);
    if (one.opens === undefined) add(one.from ?? WORLD, -one.amount);
    add(found.find(({ account }) => account !== (one.from ?? WORLD))?.account ?? '', one.amount);
  }
  const groups = new Map<string, boolean>();
  for (const { key, group } of asked) {
    if (group === undefined) continue;
    const others = groups.get(group) ?? booked.has(key);
    groups.set(group, others);
    must(others === booked.has(key), `P2: of ${group} only a part was booked`);
  }
  for (const [id, cents] of balances) {
    const wanted = expected.get(id) ?? 0n;
    must(cents === wanted, `P4: ${id} has ${asText(cents)}, not ${asText(wanted)}`);
  }
  for (const id of expected.keys()) must(balances.has(id), `P6: ${id} is gone`);
  return booked;
}

function expectLegs(one: Asked, found: readonly HistoryEntry[]): void {
  const { key, from, to, amount, opens } = one;
  if (opens !== undefined) {
    // The first account of a currency brings the world's along.
    const mine = found.filter(({ account }) => account !== WORLD);
    must(mine.length === 1 && mine[0]?.type === 'open', `P1: ${key} opened ${mine.length} times`);
    return;
  }
  if (one.on !== undefined) {
    const [row] = found;
    const mine = row?.account === one.on && row.type === one.does?.op && found.length === 1;
    must(mine, `P1: ${key} stands ${found.length} times on ${row?.account}, a ${row?.type}`);
    return;
  }
  must(found.length === 2, `P2: ${key} stands on ${found.length} passbooks`);
  const out = found.find(({ direction }) => direction === 'out');
  const into = found.find(({ direction }) => direction === 'in');
  const legs = out?.account === (from ?? WORLD) && into?.account === (to ?? WORLD);
  must(legs && out?.transfer === into?.transfer, `P2: ${key} moved between others`);
  const amounts = [out?.amount.amount, into?.amount.amount].map((text) => asCents(text ?? '0.00'));
  must(
    amounts.every((cents) => cents === amount),
    `P2: ${key} moved ${amounts.join(' and ')}`,
  );
}

/** Both books agree, and each currency adds up to zero. */
export async function expectSound(bank: Bank): Promise<void> {
  const { ok, steps } = await bank.verify();
  const problems = steps.flatMap((step) =>
    step.problems.map(({ file, what }) => `${file}: ${what}`),
  );
  must(ok, `P6: verify: ${problems.join('; ')}`);
  for (const { sum, currency } of await bank.totals()) {
    must(/^-?0(\.0+)?$/.test(sum.amount), `P4: ${currency} adds up to ${sum.amount}`);
  }
}

/**
 * Asks for all of it: what was booked is not booked again, and what was told not to have happened is
 * new, also when the journal's end was taken over by now.
 */
export async function askAgain(
  bank: Bank,
  asked: readonly Asked[],
  booked: ReadonlySet<string>,
  denied: Set<string>,
): Promise<void> {
  const settle = (key: string, replayed: boolean) => {
    // One that was not there may have been under way: it is settled now, one way or the other.
    must(replayed || !booked.has(key), `P1: ${key} was booked again`);
    must(
      !replayed || !denied.delete(key),
      `P3: ${key} was told not to have happened, and is there`,
    );
    denied.delete(key);
  };
  const groups = new Set<string>();
  for (const one of asked) {
    const { key: idempotencyKey, group } = one;
    if (one.unkeyed) continue;
    if (one.refused) {
      const refused = await ask(bank, one).then(
        () => false,
        () => true,
      );
      must(refused, `P3: ${idempotencyKey} was refused before, and is not now`);
      continue;
    }
    if (group !== undefined) {
      if (groups.has(group)) continue;
      groups.add(group);
      const others = asked.filter((other) => other.group === group);
      const inputs = others.map(({ from, to, amount, key }) => ({
        ...{ from, to, amount: asText(amount), idempotencyKey: key },
      }));
      const results = await bank.transferMany(inputs, { atomic: true });
      for (const [index, { key }] of others.entries()) {
        const result = results[index];
        settle(key, result !== undefined && 'receipt' in result && result.receipt.replayed);
      }
      continue;
    }
    settle(idempotencyKey, (await ask(bank, one)).replayed);
  }
}

/** Asks for it. */
export async function ask(bank: Bank, one: Asked): Promise<{ replayed: boolean }> {
  const { key, from, to, amount, opens, unkeyed, does } = one;
  if (does !== undefined) {
    const [result] = await bank.batch([{ ...does, idempotencyKey: key }]);
    if (result === undefined || 'error' in result) throw result?.error;
    return result.receipt;
  }
  const named = unkeyed ? { memo: key } : { idempotencyKey: key };
  if (opens !== undefined) {
    const id = givenAccountNumber(to as AccountId) === undefined ? { id: to } : {};
    return bank.openAccount({ ...id, firstName: opens, lastName: 'Test', idempotencyKey: key });
  }
  if (from !== undefined && to !== undefined) {
    return bank.transfer({ from, to, amount: asText(amount), ...named });
  }
  if (to !== undefined) return bank.deposit(to, asText(amount), named);
  return bank.withdraw(from ?? '', asText(amount), named);
}

/** Nothing staged, no lock, no ticket, no descriptor is left. */
export function expectTidy(machine: SimulatedMachine, process: SimulatedProcess): void {
  must(process.open.size === 0, `P8: still open: ${[...process.open.values()].join(', ')}`);
  const marks = new Set<string>();
  for (const path of machine.disk.tree().keys()) {
    if (!path.startsWith(`${BANK}/desks/`)) continue;
    const [role = '', desk = '', left = ''] = path.slice(`${BANK}/desks/`.length).split('/');
    must(!role.endsWith('.lock'), `P8: ${path} is left`);
    // A torn ticket of before a reboot goes when somebody has seen it do nothing for a second.
    if (role === 'poster.queue' && !desk.includes(`-${machine.boot}-`)) continue;
    must(!role.endsWith('.queue') || desk === '', `P8: the ticket ${path} is left`);
    must(left === '' || left.startsWith('answered-'), `P8: ${path} is left`);
    must(left === '' || marks.size === 0, `P8: ${path} is left beside ${[...marks].join()}`);
    if (left !== '') marks.add(left);
  }
}
