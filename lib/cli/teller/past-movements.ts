import type { Bank, EntryInfo } from '../../bank/api.js';

/** How far back a teller remembers. */
const ENTRIES_MAX = 2_000;
const PORTION = 500;

/** A movement as a teller would enter it again. Sides that are outside are ''. */
export interface Movement {
  readonly memo: string;
  readonly from: string;
  readonly to: string;
  readonly amount: string;
}

/** What was booked lately, newest first: a movement is most likely to be like the last one of its memo. */
export class PastMovements {
  readonly #movements: Movement[];

  constructor(movements: readonly Movement[] = []) {
    this.#movements = [...movements];
  }

  add(movement: Movement): void {
    this.#movements.unshift(movement);
  }

  /** The last one with this memo, else with one that has it in it. */
  like(memo: string): Movement | undefined {
    const wanted = fold(memo);
    if (wanted === '') return undefined;
    const same = this.#movements.find((movement) => fold(movement.memo) === wanted);
    return same ?? this.#movements.find((movement) => fold(movement.memo).includes(wanted));
  }

  /** Memos that begin with a text, the newest first. */
  memos(start: string): string[] {
    const wanted = fold(start);
    const memos = this.#movements.map(({ memo }) => memo);
    return [...new Set(memos)].filter((memo) => memo !== '' && fold(memo).startsWith(wanted));
  }
}

const fold = (text: string) => text.trim().toLowerCase();

/** What the bank has booked last. */
export async function readPast(bank: Bank, signal: AbortSignal): Promise<PastMovements> {
  const { answered } = await bank.health({ signal });
  const movements: Movement[] = [];
  let after: number | undefined = Math.max(0, answered.transfer - ENTRIES_MAX);
  while (after !== undefined) {
    const { items, next } = await bank.entries({ after, limit: PORTION, signal }).page();
    for (const entry of items) movements.push(...movementOf(entry));
    after = next;
  }
  return new PastMovements(movements.reverse());
}

function movementOf({ type, memo, from = '', to = '', amount }: EntryInfo): Movement[] {
  if (type === 'deposit') return [{ memo, from: '', to, amount: amount.amount }];
  if (type === 'withdraw') return [{ memo, from, to: '', amount: amount.amount }];
  return type === 'transfer' ? [{ memo, from, to, amount: amount.amount }] : [];
}
