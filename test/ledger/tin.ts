/** Something that a customer wants, in cents. */
export interface Wish {
  readonly verb: string;
  readonly from?: string;
  readonly to?: string;
  readonly cents: number;
  readonly key: string;
}

/**
 * A second, small opinion of the rules: a tin of slips, each saying who got or gave how much. It knows
 * no balances, no entries and no bigint; it counts the slips anew each time.
 */
export class Tin {
  readonly #slips: [who: string, cents: number][] = [];
  readonly #limits = new Map<string, number>();
  readonly #keys = new Map<string, string>();

  ask(wish: Wish): string {
    const { verb, from, to, cents, key } = wish;
    if (from !== undefined && from === to) return 'SAME_ACCOUNT';
    const said = JSON.stringify([verb, from, to, cents]);
    const before = key === '' ? undefined : this.#keys.get(key);
    if (before !== undefined) return before === said ? 'replayed' : 'IDEMPOTENCY_MISMATCH';
    const answer = verb === 'open' ? this.#open(to ?? '', cents) : this.#move(wish);
    if (answer === 'accepted' && key !== '') this.#keys.set(key, said);
    return answer;
  }

  #open(who: string, limit: number): string {
    if (this.#limits.has(who)) return 'ACCOUNT_EXISTS';
    this.#limits.set(who, limit);
    this.#slips.push([who, 0], [outside(who), 0]);
    return 'accepted';
  }

  #move({ from, to, cents }: Wish): string {
    const named = [from, to].filter((who) => who !== undefined);
    if (!named.every((who) => this.#limits.has(who))) return 'ACCOUNT_NOT_FOUND';
    if (new Set(named.map(outside)).size > 1) return 'CURRENCY_MISMATCH';
    const [giver = outside(to ?? ''), receiver = outside(from ?? '')] = [from, to];
    const has = this.money().get(giver) ?? 0;
    if (from !== undefined && has - cents < -(this.#limits.get(from) ?? 0)) {
      return 'INSUFFICIENT_FUNDS';
    }
    this.#slips.push([giver, -cents], [receiver, cents]);
    return 'accepted';
  }

  /** Who has how much. */
  money(): Map<string, number> {
    const counted = new Map<string, number>();
    for (const [who, cents] of this.#slips) counted.set(who, (counted.get(who) ?? 0) + cents);
    return counted;
  }
}

/** Jan's money comes from Prague, everybody else's from Washington. */
function outside(who: string): string {
  return who === 'jan' ? 'world-czk' : 'world-usd';
}
