/** Something that is asked of the bank, in cents and seconds. What is named by a place was accepted before. */
export interface Ask {
  readonly verb:
    | 'deposit'
    | 'withdraw'
    | 'transfer'
    | 'hold'
    | 'capture'
    | 'release'
    | 'reverse'
    | 'freeze'
    | 'unfreeze'
    | 'close'
    | 'reopen'
    | 'limits';
  readonly who: string;
  readonly other: string;
  readonly cents: number;
  /** Which hold, or which movement. */
  readonly place: number;
  /** upTo, keepRest, force, refuse all, or whether the rest is swept: of each verb its own. */
  readonly yes: boolean;
  /** All of a hold; a hold without an end; no limit. */
  readonly all: boolean;
  /** Goes by before it is asked. */
  readonly seconds: number;
}

interface Slip {
  readonly who: string;
  readonly cents: number;
  readonly second: number;
  /** Counts against what may leave in a day. */
  readonly counts: boolean;
}

interface Promised {
  readonly who: string;
  left: number;
  readonly until: number;
}

const HOLDS = 100;
const DAY = 86_400;

/**
 * A second, small opinion of holds, limits and the life of an account: a diary that is read from its first
 * page whenever something is asked. It knows no entries, no bigint and no state but what is written in it.
 */
export class Diary {
  readonly slips: Slip[] = [];
  readonly holds: Promised[] = [];
  readonly moves: { from: string; to: string; cents: number; undone: boolean }[] = [];
  readonly #rules = new Map<
    string,
    { frozen: string; closed: boolean; red: number; once: number }
  >();
  /** Since when a limit of a day holds, and how much it is. */
  readonly #days = new Map<string, { since: number; cents: number }>();
  /** Seconds since some midnight. */
  now = 9 * 3600;

  open(who: string): void {
    this.#rules.set(who, { frozen: '', closed: false, red: 0, once: Number.POSITIVE_INFINITY });
  }

  money(who: string): number {
    return this.slips.reduce((sum, slip) => sum + (slip.who === who ? slip.cents : 0), 0);
  }

  held(who: string): number {
    return this.#open(who).reduce((sum, { left }) => sum + left, 0);
  }

  #open(who: string): Promised[] {
    return this.holds.filter((hold) => hold.who === who && hold.left > 0 && hold.until > this.now);
  }

  #free(who: string): number {
    return this.money(who) - this.held(who) + this.#of(who).red;
  }

  #of(who: string) {
    const rules = this.#rules.get(who);
    if (rules === undefined) throw new Error(`the diary has no ${who}`);
    return rules;
  }

  #leftToday(who: string): number {
    const day = this.#days.get(who);
    if (day === undefined) return Number.POSITIVE_INFINITY;
    const today = Math.floor(this.now / DAY);
    const gone = this.slips.filter(
      (slip, at) =>
        slip.who === who &&
        slip.counts &&
        at >= day.since &&
        Math.floor(slip.second / DAY) === today,
    );
    return day.cents + gone.reduce((sum, { cents }) => sum + Math.min(0, cents), 0);
  }

  /** Whether money may go from one to the other, as far as these two are concerned. */
  #barred(from: string | undefined, to: string | undefined): string | undefined {
    const [giver, taker] = [from, to].map((who) => (who ? this.#of(who) : undefined));
    if (giver?.closed || taker?.closed) return 'ACCOUNT_CLOSED';
    if (giver && giver.frozen !== '') return 'ACCOUNT_FROZEN';
    if (taker?.frozen === 'all') return 'ACCOUNT_FROZEN';
    return undefined;
  }

  #beyond(who: string, cents: number): string | undefined {
    if (cents > this.#of(who).once || cents > this.#leftToday(who)) return 'LIMIT_EXCEEDED';
    return undefined;
  }

  #move(from: string | undefined, to: string | undefined, cents: number, counts: boolean): void {
    const second = this.now;
    if (from) this.slips.push({ who: from, cents: -cents, second, counts });
    if (to) this.slips.push({ who: to, cents, second, counts: false });
    this.moves.push({ from: from ?? '', to: to ?? '', cents, undone: false });
  }

  ask(ask: Ask): string {
    const { verb, who, other, cents, yes, all } = ask;
    this.now += ask.seconds;
    const rules = this.#of(who);
    if (verb === 'deposit') return this.#plain(undefined, who, cents, false);
    if (verb === 'withdraw') return this.#plain(who, undefined, cents, yes);
    if (verb === 'transfer') return this.#plain(who, other, cents, yes);
    if (verb === 'hold') return this.#hold(who, cents, all ? undefined : ask.place + 1);
    if (verb === 'capture') return this.#capture(ask);
    if (verb === 'release') {
      const hold = this.#found(ask.place);
      if (hold === undefined) return 'HOLD_NOT_FOUND';
      hold.left = 0;
      return 'accepted';
    }
    if (verb === 'reverse') return this.#reverse(ask.place, yes);
    if (verb === 'reopen') {
      rules.closed = false;
      return 'accepted';
    }
    if (verb === 'close') return this.#close(who, other, yes);
    if (rules.closed) return 'ACCOUNT_CLOSED';
    if (verb === 'freeze') rules.frozen = yes ? 'all' : 'debits';
    if (verb === 'unfreeze') rules.frozen = '';
    if (verb === 'limits') this.#limit(who, ask);
    return 'accepted';
  }

  #limit(who: string, { cents, yes, all, place }: Ask): void {
    const rules = this.#of(who);
    if (place % 3 === 0) rules.red = cents;
    else if (place % 3 === 1) rules.once = all ? Number.POSITIVE_INFINITY : cents;
    else if (all) this.#days.delete(who);
    else {
      const since = this.#days.get(who)?.since ?? this.slips.length;
      this.#days.set(who, { since, cents: yes ? cents * 3 : cents });
    }
  }

  #plain(from: string | undefined, to: string | undefined, cents: number, upTo: boolean): string {
    const barred = this.#barred(from, to);
    if (barred) return barred;
    let sum = cents;
    if (from) {
      const free = this.#free(from);
      const most = Math.min(cents, free, this.#of(from).once, this.#leftToday(from));
      if (upTo && most > 0) sum = most;
      const beyond = this.#beyond(from, sum);
      if (beyond) return beyond;
      if (sum > free) return 'INSUFFICIENT_FUNDS';
    }
    this.#move(from, to, sum, true);
    return 'accepted';
  }

  #hold(who: string, cents: number, seconds: number | undefined): string {
    const barred = this.#barred(who, undefined) ?? this.#beyond(who, cents);
    if (barred) return barred;
    if (this.#open(who).length >= HOLDS) return 'LIMIT_EXCEEDED';
    if (cents > this.#free(who)) return 'INSUFFICIENT_FUNDS';
    const until = seconds === undefined ? Number.POSITIVE_INFINITY : this.now + seconds;
    this.holds.push({ who, left: cents, until });
    // Money that is promised leaves on the day of the promise, as far as limits go.
    this.slips.push({ who, cents: -cents, second: this.now, counts: true });
    this.slips.push({ who, cents, second: this.now, counts: false });
    return 'accepted';
  }

  #found(place: number): Promised | undefined {
    const hold = this.holds[place % Math.max(1, this.holds.length)];
    return hold && hold.left > 0 && hold.until > this.now ? hold : undefined;
  }

  #capture({ place, other, cents, yes, all }: Ask): string {
    const hold = this.#found(place);
    if (hold === undefined) return 'HOLD_NOT_FOUND';
    if (hold.who === other) return 'SAME_ACCOUNT';
    const barred = this.#barred(hold.who, other);
    if (barred) return barred;
    const sum = all ? hold.left : cents;
    if (sum > hold.left) return 'EXCEEDS_HOLD';
    hold.left = yes ? hold.left - sum : 0;
    this.#move(hold.who, other, sum, false);
    return 'accepted';
  }

  #reverse(place: number, force: boolean): string {
    const move = this.moves[place % Math.max(1, this.moves.length)];
    if (move === undefined) return 'TRANSFER_NOT_FOUND';
    if (move.undone) return 'ALREADY_REVERSED';
    const [from, to] = [move.to || undefined, move.from || undefined];
    const barred = this.#barred(from, to);
    if (barred) return barred;
    if (from && !force && move.cents > this.#free(from)) return 'INSUFFICIENT_FUNDS';
    move.undone = true;
    this.#move(from, to, move.cents, false);
    return 'accepted';
  }

  #close(who: string, heir: string, sweep: boolean): string {
    if (sweep && who === heir) return 'SAME_ACCOUNT';
    const rules = this.#of(who);
    const barred = this.#barred(who, sweep ? heir : undefined);
    if (barred) return barred;
    const left = this.money(who);
    if (this.#open(who).length > 0 || left < 0 || (left > 0 && !sweep)) return 'ACCOUNT_NOT_EMPTY';
    if (left > 0) this.#move(who, heir, left, false);
    rules.closed = true;
    return 'accepted';
  }
}
