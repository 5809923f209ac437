/**
 * Proof G: one damage at a time, to every file of a bank. Each trial asks the bank everything, verifies
 * it, and lets recovery put it right; each answer is the right one or a refusal.
 */
import { dirname } from 'node:path';
import type { Bank } from '#lib/bank/api.js';
import { errorCode } from '#lib/disk/disk.js';
import { accountFolder } from '#lib/format/account-path.js';
import { BankError } from '#lib/ledger/errors.js';
import { asBankError } from '#lib/store/disk-error.js';
import { MANIFEST_FILE } from '#lib/store/manifest-file.js';
import { recoverBank } from '#lib/store/recover.js';
import { isOfIndex } from '#lib/store/sorted-index.js';
import type { SimulatedDisk } from '#lib/testing/simulated-disk.js';
import type { SimulatedMachine } from '#lib/testing/simulated-machine.js';
import { ADA, type DamageBank, damageBank, KIOSK, LEFT, type Left, SHOP } from './damage-bank.js';
import { type Damage, damagesOf } from './damages.js';
import { whyHarmless } from './harmless.js';
import { BANK } from './oracle.js';

export interface SweepOptions {
  /** About so many trials, spread over all kinds of files and of harm; all there are, if absent. */
  readonly trials?: number;
  /** How many of the bits of each byte are flipped, one at a time. */
  readonly bits?: number;
  /** How the banks were left that are struck; each way, if absent. */
  readonly left?: readonly Left[];
  /** Those alone whose kind, harm or text fit: to try one again. */
  readonly only?: RegExp;
  readonly onProgress?: (done: number, all: number) => void;
}

/** What became of the trials with one kind of file. */
export interface Tally {
  readonly left: Left;
  readonly kind: string;
  trials: number;
  /** A request was refused. */
  refused: number;
  /** No request came upon it; `verify` did. */
  verified: number;
  readonly harmless: Map<string, number>;
  /** A request was answered by what `verify` alone finds: as of an older day, or a list without an account. */
  outdated: number;
  repaired: number;
  /** Recovery told what it is, and left the bank stopped. */
  stopped: number;
  readonly violations: string[];
}

export async function sweep(options: SweepOptions = {}): Promise<Tally[]> {
  const { trials, bits = 1, left = LEFT, only = /./, onProgress } = options;
  const banks: [DamageBank, Damage[]][] = [];
  for (const one of left) {
    const bank = await damageBank(one);
    const fits = ({ kind, harm, text }: Damage) => only.test(`${kind}, ${harm}: ${text}`);
    banks.push([bank, [...damagesOf(bank, bits)].filter(fits)]);
  }
  const all = banks.reduce((sum, [, damages]) => sum + damages.length, 0);
  const chosen = banks.map(([bank, damages]): [DamageBank, Damage[]] => {
    const count = trials === undefined ? all : Math.round((trials * damages.length) / all);
    return [bank, sampled(damages, Math.max(count, LEAST))];
  });
  const count = chosen.reduce((sum, [, damages]) => sum + damages.length, 0);
  const tallies: Tally[] = [];
  let done = 0;
  for (const [bank, damages] of chosen) {
    const trial = await Trial.of(bank);
    for (const one of damages) {
      await trial.run(one, tallyOf(tallies, bank.left, one.kind), done++);
      onProgress?.(done, count);
    }
  }
  return tallies;
}

/** So many trials with each bank, however few there are in all. */
const LEAST = 3;

function tallyOf(tallies: Tally[], left: Left, kind: string): Tally {
  let tally = tallies.find((one) => one.left === left && one.kind === kind);
  if (tally === undefined) {
    const none = { trials: 0, refused: 0, verified: 0, outdated: 0, repaired: 0, stopped: 0 };
    tally = { left, kind, ...none, harmless: new Map(), violations: [] };
    tallies.push(tally);
  }
  return tally;
}

/** `count` of them, spread evenly over all kinds of harm to all kinds of files. */
function sampled(damages: readonly Damage[], count: number): Damage[] {
  if (count >= damages.length) return [...damages];
  const groups = new Map<string, Damage[]>();
  for (const one of damages) {
    const name = `${one.kind} ${one.harm}`;
    const group = groups.get(name);
    if (group) group.push(one);
    else groups.set(name, [one]);
  }
  const share = count / damages.length;
  const some = [...groups.values()].flatMap((group) =>
    evenly(group, Math.max(1, Math.round(group.length * share))),
  );
  return evenly(some, Math.min(count, some.length));
}

function evenly<T>(all: readonly T[], count: number): T[] {
  const at = (index: number) => Math.floor(((index + 0.5) * all.length) / count);
  return Array.from({ length: count }, (_, index) => all[at(index)] as T);
}

type Ask = readonly [name: string, ask: (bank: Bank) => Promise<unknown>];
/** What was answered, as text; a refusal begins with `!`. */
type Answers = Map<string, string>;

const NEW = 'a deposit';
const NEW_KEY = 'new';

function asksFor(ids: readonly string[], last: number): Ask[] {
  const rows = (items: readonly { transfer: number; bookedAt: string }[]) =>
    items.map((item) => ({ ...item, bookedAt: item.transfer > last ? '' : item.bookedAt }));
  const list = { limit: 1_000 } as const;
  const history = (id: string, reverse: boolean): Ask => [
    `history of ${id}${reverse ? ', backwards' : ''}`,
    async (bank) => rows((await bank.history(id, { ...list, reverse }).page()).items),
  ];
  return [
    ...ids.map((id): Ask => [`balance of ${id}`, (bank) => bank.balance(id)]),
    ...ids.map((id) => history(id, id.startsWith('world-'))),
    ['totals', (bank) => bank.totals()],
    ['accounts', (bank) => bank.accounts({ ...list, world: true }).page()],
    [
      'a known key',
      (bank) => bank.transfer({ from: ADA, to: SHOP, amount: '5.00', idempotencyKey: 'k2' }),
    ],
    ['a known account', (bank) => bank.openAccount({ id: KIOSK, firstName: 'K', lastName: 'K' })],
    [NEW, (bank) => bank.deposit(ADA, '1.00', { idempotencyKey: NEW_KEY })],
  ];
}

/** An answer as text. */
function told(answer: unknown): string {
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);
  return JSON.stringify(answer, text);
}

/** A disk that refuses is told as a refusal, as by the library's own door. */
const refusalOf = (error: unknown) => (errorCode(error) === '' ? error : asBankError(error));
const codeOf = (error: unknown) => {
  const refusal = refusalOf(error);
  return refusal instanceof BankError ? refusal.code : `${refusal}`;
};
const DAMAGED = '!BANK_DAMAGED';
/** Refusals of a whole bank: of a version that a bit made newer, too. */
const CLOSED = [DAMAGED, '!BANK_TOO_NEW'];

/** One bank, and what it answers when nothing is wrong with it. */
export class Trial {
  readonly #bank: DamageBank;
  readonly #asks: readonly Ask[];
  /** The right answers: before the new deposit, and behind it. */
  readonly #right: readonly [Answers, Answers];

  private constructor(bank: DamageBank, asks: readonly Ask[], right: readonly [Answers, Answers]) {
    this.#bank = bank;
    this.#asks = asks;
    this.#right = right;
  }

  static async of(bank: DamageBank): Promise<Trial> {
    const machine = fresh(bank, bank.machine.disk);
    if (bank.left === 'stopped') {
      const process = machine.start();
      await machine.run(() => recoverBank(process.host, BANK, { apply: true }));
      process.kill();
    }
    const process = machine.start();
    return machine.run(async () => {
      const open = await process.openBank(BANK);
      const ids: string[] = [];
      for await (const { id } of open.accounts({ world: true })) ids.push(id);
      const last = (await open.balance(ADA)).asOf;
      const asks = asksFor(ids, last);
      const before = await answersOf(open, asks.slice(0, -1));
      await asks.at(-1)?.[1](open);
      const behind = await answersOf(open, asks.slice(0, -1));
      await open.close();
      process.kill();
      return new Trial(bank, asks, [before, behind]);
    });
  }

  async run(damage: Damage, tally: Tally, number: number): Promise<void> {
    const struck = this.#bank.machine.disk.clone();
    damage.strike(struck);
    if (sameTree(struck, this.#bank.machine.disk)) return;
    tally.trials++;
    const violate = (what: string) => void tally.violations.push(`${damage.text}: ${what}`);
    try {
      const asked = fresh(this.#bank, struck);
      const answers = await this.#ask(asked, number);
      const wrong = this.#wrong(answers);
      const refused = [...answers.values()].some((answer) => CLOSED.includes(answer));
      const found = await this.#verify(fresh(this.#bank, struck));
      if (wrong.length > 0 && mayTell(damage, wrong, found)) {
        tally.outdated++;
        // What was booked on it by then hides nothing.
        const later = await this.#verify(fresh(this.#bank, asked.disk));
        if (found.length > 0 && later.length === 0) violate('requests hide it from verify');
      } else for (const one of wrong) violate(one);
      if (refused) tally.refused++;
      else if (found.length > 0) tally.verified++;
      if (refused && found.length === 0) violate('a request found it, and verify does not');
      if (!refused && found.length === 0) {
        await this.#expectHarmless(damage, asked, tally, violate);
      } else {
        if (!isNamed(damage, found, this.#bank.left)) violate(`named as ${found.join(', ')}`);
        // As it was struck, or as requests have left it.
        const left = refused && wrong.length === 0 && number % 2 === 1 ? asked.disk : struck;
        const answer = left === struck ? undefined : answers.get(NEW);
        const atOnce = found.every((file) => isOfIndex(file)) && !refused;
        await this.#recover(fresh(this.#bank, left), answer, tally, number, violate, atOnce);
      }
    } catch (error) {
      violate(error instanceof Error ? `${error.stack}` : String(error));
    }
  }

  /** Whatever is answered wrongly; `stopped`: nothing is answered at all. */
  async look(machine: SimulatedMachine): Promise<{ wrong: string[]; stopped: boolean }> {
    const answers = await this.#ask(machine, 0);
    const stopped = [...answers.values()].every((answer) => CLOSED.includes(answer));
    return { wrong: this.#wrong(answers), stopped };
  }

  /** Asks everything, beginning with another request each time. */
  async #ask(machine: SimulatedMachine, first: number): Promise<Answers> {
    const at = first % this.#asks.length;
    const asks = [...this.#asks.slice(at), ...this.#asks.slice(0, at)];
    const process = machine.start();
    const answers = await machine.run(async () => {
      let bank: Bank;
      try {
        bank = await process.openBank(BANK);
      } catch (error) {
        return new Map(asks.map(([name]) => [name, `!${codeOf(error)}`]));
      }
      const answers = await answersOf(bank, asks);
      await bank.close().catch((error) => answers.set('close', `!${codeOf(error)}`));
      return answers;
    });
    process.kill();
    return answers;
  }

  /** The answers that are neither right nor a refusal of the whole bank. */
  #wrong(answers: Answers): string[] {
    const [before, behind] = this.#right;
    let right = before;
    const wrong: string[] = [];
    for (const [name, answer] of answers) {
      if (name === NEW && !answer.startsWith('!')) right = behind;
      if (name === NEW ? !answer.startsWith('!') : right.get(name) === answer) continue;
      if (!CLOSED.includes(answer))
        wrong.push(`${name} is answered with ${short(answer)}, not with ${short(right.get(name))}`);
    }
    return wrong;
  }

  /** The files that `verify` finds something wrong with. */
  async #verify(machine: SimulatedMachine): Promise<string[]> {
    const process = machine.start();
    const found = await machine.run(async () => {
      try {
        const bank = await process.openBank(BANK);
        const { steps } = await bank.verify().finally(() => bank.close().catch(() => {}));
        return steps.flatMap(({ problems }) => problems.map(({ file }) => file));
      } catch (error) {
        if (!CLOSED.includes(`!${codeOf(error)}`)) throw error;
        return [fileOf(refusalOf(error))];
      }
    });
    process.kill();
    return found;
  }

  /** Nobody saw it: then there is a reason, and whoever comes next finds a bank that is whole. */
  async #expectHarmless(
    damage: Damage,
    asked: SimulatedMachine,
    tally: Tally,
    violate: (what: string) => void,
  ): Promise<void> {
    const why = whyHarmless(damage, this.#bank);
    if (why === undefined) violate('nobody sees it, and nothing says that it is harmless');
    else tally.harmless.set(why, (tally.harmless.get(why) ?? 0) + 1);
    const next = fresh(this.#bank, asked.disk);
    const wrong = this.#wrong(await this.#behind(next));
    for (const one of wrong) violate(`later: ${one}`);
    const found = await this.#verify(fresh(this.#bank, next.disk));
    if (found.length > 0) violate(`later: something is wrong with ${found.join(', ')}`);
  }

  /** All but the new deposit, which was answered. */
  async #behind(machine: SimulatedMachine): Promise<Answers> {
    const answers: Answers = new Map([[NEW, '']]);
    for (const [name, answer] of await this.#ask(machine, 0)) answers.set(name, answer);
    return answers;
  }

  async #recover(
    machine: SimulatedMachine,
    deposit: string | undefined,
    tally: Tally,
    number: number,
    violate: (what: string) => void,
    /** What is damaged is made anew from the journal: nobody need ask for it. */
    atOnce: boolean,
  ): Promise<void> {
    const recover = (apply: boolean) => {
      const process = machine.start();
      return machine
        .run(() => recoverBank(process.host, BANK, { apply }))
        .finally(() => process.kill());
    };
    const before = machine.disk.tree();
    try {
      const dry = await recover(false);
      const repaired = atOnce && dry.state === 'repaired';
      if (dry.state !== 'problems' && !repaired) violate(`a dry run of recovery says ${dry.state}`);
      if (!repaired && !sameTree(machine.disk, before))
        violate('a dry run of recovery changes something');
    } catch (error) {
      const code = codeOf(error);
      if (!CLOSED.includes(`!${code}`)) throw error;
      tally.stopped++;
      return;
    }
    const done = await recover(true);
    const booked = deposit !== undefined && !deposit.startsWith('!');
    const answers = booked ? await this.#behind(machine) : await this.#ask(machine, 0);
    for (const one of this.#wrong(answers)) violate(`recovered: ${one}`);
    const refused = [...answers.values()].filter((answer) => CLOSED.includes(answer)).length;
    if (done.state === 'problems') {
      tally.stopped++;
      if (refused < this.#asks.length) violate('recovery gave up, and the bank goes on');
      return;
    }
    tally.repaired++;
    if (refused > 0) violate(`recovery says ${done.state}, and ${refused} requests are refused`);
    if (number % 4 > 0) return;
    const found = await this.#verify(machine);
    if (found.length > 0) violate(`recovered: something is wrong with ${found.join(', ')}`);
    const again = await recover(true);
    if (again.state !== 'clean') violate(`recovery, run again, says ${again.state}`);
  }
}

/**
 * What only `verify` finds. By an older copy somebody may be answered as of an older day, before it does;
 * a list may lack an account that has no money, no earlier page and no number of the bank's own.
 */
function mayTell(
  { kind, older, files }: Damage,
  wrong: readonly string[],
  found: readonly string[],
) {
  if (older) return found.length > 0 || kind === 'mark';
  const isList = (text: string) => /^(?:accounts|totals) is answered/.test(text);
  const strikesKiosk = files.some((file) =>
    `${accountFolder(KIOSK)}/${KIOSK}.csv`.startsWith(file),
  );
  return strikesKiosk && found.length > 0 && wrong.every(isList);
}

async function answersOf(bank: Bank, asks: readonly Ask[]): Promise<Answers> {
  const answers: Answers = new Map();
  for (const [name, ask] of asks) {
    const answer = await ask(bank).then(told, (error) => `!${codeOf(error)}`);
    answers.set(name, answer);
  }
  return answers;
}

/** The machine as the next process finds it, with that disk. */
function fresh({ machine }: DamageBank, disk: SimulatedDisk): SimulatedMachine {
  return machine.killed(disk);
}

function fileOf(error: unknown): string {
  if (!(error instanceof BankError)) return '';
  if (error.code === 'BANK_TOO_NEW') return MANIFEST_FILE; // Nothing else tells a version.
  return String(error.details.file ?? error.message);
}

/** Whether what was found is the file that was struck, or follows from it. */
function isNamed({ files, kind }: Damage, found: readonly string[], left: Left): boolean {
  // A desk that is away, and a bank that was stopped before.
  if ((kind === 'desks' || left === 'stopped') && found.includes('PAIN.csv')) return true;
  if (kind === 'desks' && found.some((name) => name.includes(`${BANK}/desks/`))) return true;
  const isOf = (name: string, file: string) =>
    name === file ||
    name.includes(`${BANK}/${file}`) ||
    name.startsWith(`${file}/`) ||
    file.startsWith(`${name}/`) ||
    passbookOf(name) === passbookOf(file);
  return files.some((file) => found.some((name) => isOf(name, file)));
}

/** All pages of one passbook are one book; so are all segments. A desk has another name when it was taken over. */
function passbookOf(file: string): string {
  const desk = /^desks\/(?:writer|poster)\/(?:damaged-)?\d+-[^/]+/;
  if (desk.test(file)) return file.replace(desk, (name) => dirname(name));
  if (/^journal\/\d/.test(file)) return 'journal';
  return file.replace(/(?:\.\d{4})?\.csv$/, '');
}

function sameTree(
  disk: SimulatedDisk,
  other: SimulatedDisk | ReadonlyMap<string, Buffer>,
): boolean {
  const [a, b] = [disk.tree(), 'tree' in other ? other.tree() : other];
  if (a.size !== b.size) return false;
  for (const [path, bytes] of a) {
    const twin = b.get(path);
    if (twin === undefined || (twin !== bytes && !twin.equals(bytes))) return false;
  }
  return true;
}

const short = (text = 'nothing') => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
