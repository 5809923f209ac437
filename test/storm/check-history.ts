/**
 * Holds what all processes of a storm were told against the order of the journal. Needs no clock: the notes
 * stand in the order in which things happened.
 */
import { toCents } from '../crash/raw-bank.js';
import { checkLook } from './check-look.js';
import type { Entry, Model } from './model.js';
import type { Answered, Asked, Note, Saw } from './notes.js';

/** What does not hold, in words. */
export interface Violations {
  /** Answered requests are booked once, under their number; refused ones and what nobody asked for are not. */
  readonly answers: string[];
  /** Receipts tell the balances that the entries before give; who was refused had not enough. */
  readonly balances: string[];
  /** What was answered before another request began has the lower number. */
  readonly order: string[];
  /** Whoever looks sees one moment, none that is older than what somebody had been told before. */
  readonly looks: string[];
}

/** The newest number that anybody had been told, and who it was. */
interface Told {
  readonly number: number;
  readonly by: string;
}

/** `opening`: so many entries stood there before the first note. */
export function checkHistory(notes: readonly Note[], model: Model, opening: number): Violations {
  const check = new HistoryCheck(notes, model, opening);
  for (const [line, note] of notes.entries()) check.hear(note, line);
  return check.found;
}

class HistoryCheck {
  readonly found: Violations = { answers: [], balances: [], order: [], looks: [] };
  readonly #model: Model;
  readonly #asked = new Map<string, Asked & { line: number }>();
  readonly #booked = new Map<string, Entry>();
  /** By number: the line at which the last one of all entries up to it was asked for. */
  readonly #begun: number[] = [-1];
  /** By request or look: what had been told to anybody when it began. */
  readonly #floors = new Map<string, Told>();
  #told: Told = { number: 0, by: 'nobody' };

  constructor(notes: readonly Note[], model: Model, opening: number) {
    this.#model = model;
    notes.forEach((note, line) => {
      if ('asked' in note) this.#asked.set(note.asked, { ...note, line });
    });
    for (const entry of model.entries) {
      if (entry.number > opening) this.#checkEntry(entry);
      const line = this.#asked.get(entry.key)?.line ?? -1;
      this.#begun.push(Math.max(line, this.#begun.at(-1) ?? -1));
    }
  }

  /** An entry is what somebody asked for, and nobody else's. */
  #checkEntry(entry: Entry): void {
    const { number, key, currency, from, to, amount } = entry;
    const asked = this.#asked.get(key);
    const first = this.#booked.get(key);
    const { answers } = this.found;
    if (!asked) return void answers.push(`entry ${number}, "${key}": nobody had asked for it`);
    if (first) return void answers.push(`${key}: booked twice, as ${first.number} and ${number}`);
    this.#booked.set(key, entry);
    const world = `world-${currency.toLowerCase()}`;
    const want = `${toCents(asked.amount)} from ${asked.from ?? world} to ${asked.to ?? world}`;
    const moved = `${amount} from ${from} to ${to}`;
    if (moved !== want) answers.push(`${key}: asked for ${want}, entry ${number} moves ${moved}`);
  }

  /** The next line of the notes. */
  hear(note: Note, line: number): void {
    if ('asked' in note) this.#floors.set(note.asked, this.#told);
    if ('looking' in note) this.#floors.set(note.looking, this.#told);
    if ('refused' in note) this.#checkRefused(note.refused, note.code, line);
    if ('answered' in note) {
      this.#checkAnswer(note, line);
      this.#tell(note.transfer, note.by);
    }
    if ('saw' in note) this.#checkLook(note, line);
  }

  #tell(number: number, by: string): void {
    if (number > this.#told.number) this.#told = { number, by };
  }

  #checkAnswer({ by, answered, transfer, amount, from, to }: Note & Answered, line: number): void {
    const { answers, balances, order } = this.found;
    const entry = this.#booked.get(answered);
    const told = `${answered}: answered as ${transfer}`;
    if (!entry) return void answers.push(`${told}, and it is not in the journal`);
    if (entry.number !== transfer) answers.push(`${told}, and booked as ${entry.number}`);
    if (toCents(amount) !== entry.amount)
      answers.push(`${told} with ${toCents(amount)}, and booked with ${entry.amount}`);
    for (const [side, id] of [
      [from, entry.from],
      [to, entry.to],
    ] as const) {
      const seq = this.#model.rowsAt(id, entry.number);
      const leg = this.#model.leg(id, seq);
      const is = `row ${seq} of ${id} from ${leg?.before} to ${leg?.after}`;
      const tells = `row ${side.seq} of ${side.id} from ${toCents(side.before)} to ${toCents(side.after)}`;
      if (tells !== is) balances.push(`${told} with ${tells}; in the journal ${is}`);
    }
    if ((this.#begun[transfer] ?? -1) > line)
      order.push(`${told} to ${by}; ${this.#askedBehind(line)}`);
  }

  #checkRefused(key: string, code: string, line: number): void {
    const entry = this.#booked.get(key);
    if (entry)
      this.found.answers.push(`${key}: refused with ${code}, and booked as ${entry.number}`);
    const { from, amount = '' } = this.#asked.get(key) ?? {};
    if (code !== 'INSUFFICIENT_FUNDS' || from === undefined) return;
    // The moment at which it was refused lies between what had been told and what had been asked for.
    const first = this.#floors.get(key)?.number ?? 0;
    let last = first;
    while ((this.#begun[last + 1] ?? line) < line) last++;
    for (let row = this.#model.rowsAt(from, first); row <= this.#model.rowsAt(from, last); row++)
      if ((this.#model.leg(from, row)?.after ?? 0n) < toCents(amount)) return;
    this.found.balances.push(
      `${key}: refused ${toCents(amount)} of ${from}, which had as much all the while, from ${first} to ${last}`,
    );
  }

  /** The first entry that was asked for behind `line`. */
  #askedBehind(line: number): string {
    const later = this.#begun.findIndex((begun) => begun > line);
    const key = this.#model.entries[later - 1]?.key;
    return `entry ${later}, ${key}, was asked for only later`;
  }

  #checkLook(look: Note & Saw, line: number): void {
    const { looks } = this.found;
    const { moments, problems } = checkLook(look, this.#model);
    looks.push(...problems.map((text) => `${look.saw}: ${text}`));
    const floor = this.#floors.get(look.saw) ?? this.#told;
    for (const { what, number, isOlder } of moments) {
      const told = `${look.saw}: ${look.by} saw ${what} as of ${number}`;
      if (isOlder(floor.number))
        looks.push(`${told}; ${floor.by} had been told ${floor.number} before`);
      const begun = this.#begun[number];
      if (begun === undefined)
        looks.push(`${told}, and the journal ends at ${this.#model.entries.length}`);
      else if (begun > line) looks.push(`${told}; ${this.#askedBehind(line)}`);
      this.#tell(number, look.by);
    }
  }
}
