import type { Bank } from 'drovebank';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedMachine } from '#lib/testing/index.js';

const RUNS = process.env.CI ? 1_000 : 60;
const DIGITS = { USD: 2, JPY: 0, KWD: 3 } as const;
type Currency = keyof typeof DIGITS;
const ACCOUNTS: Readonly<Record<string, Currency>> = { u1: 'USD', u2: 'USD', j1: 'JPY', k1: 'KWD' };
const IDS = Object.keys(ACCOUNTS);

type Step =
  | { readonly do: 'deposit'; readonly id: string; readonly minor: bigint }
  | {
      readonly do: 'exchange';
      readonly from: string;
      readonly to: string;
      readonly minor: bigint;
      readonly rate: string;
      readonly key: string | undefined;
    }
  | { readonly do: 'fee'; readonly period: number };

interface Fee {
  readonly minor: bigint;
  readonly upTo?: boolean;
  readonly waiveFrom?: bigint;
}

/** What each period's fee is: a fee asked for again is the same one. */
const FEES: readonly [Fee, ...Fee[]] = [
  { minor: 5n },
  { minor: 700n, upTo: true },
  { minor: 90n, waiveFrom: 400n },
  { minor: 1_000n, upTo: true, waiveFrom: 2_500n },
];
const feeOf = (period: number) => FEES[period] ?? FEES[0];

const id = fc.constantFrom(...IDS);
const minor = fc.oneof(
  fc.bigInt(1n, 20n),
  fc.bigInt(1n, 9_999n),
  fc.constantFrom(...FEES.flatMap(({ minor: fee, waiveFrom = fee }) => [fee, waiveFrom])),
);
/** Up to six places, of which the last ones decide how it is rounded. */
const rate = fc
  .tuple(fc.integer({ min: 0, max: 200 }), fc.stringMatching(/^[0-9]{1,6}$/))
  .map(([whole, places]) => `${whole}.${places}`);
const key = fc.constantFrom(undefined, 'k-1', 'k-2');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('deposit' as const), id, minor }),
  fc.record({ do: fc.constant('exchange' as const), from: id, to: id, minor, rate, key }),
  fc.record({ do: fc.constant('fee' as const), period: fc.nat(FEES.length - 1) }),
);

/** A fraction of whole numbers as the nearest whole number, a half as the even one. */
function nearest(over: bigint, under: bigint): bigint {
  const twice = 2n * over;
  const floor = over / under;
  const rest = twice - 2n * floor * under;
  if (rest < under || (rest === under && floor % 2n === 0n)) return floor;
  return floor + 1n;
}

/** What the accounts should have, by arithmetic alone. */
class Model {
  readonly balances = new Map(IDS.map((one) => [one, 0n]));
  readonly #exchanged = new Map<string, string>();
  readonly #charged = new Set<string>();

  of(one: string): bigint {
    return this.balances.get(one) ?? 0n;
  }

  #add(one: string, change: bigint): void {
    this.balances.set(one, this.of(one) + change);
  }

  deposit({ id: one, minor: sum }: Extract<Step, { do: 'deposit' }>): void {
    this.#add(one, sum);
  }

  /** Whether it is answered with a receipt, and not refused. */
  exchange({ from, to, minor: sold, rate: text, key: name }: Extract<Step, { do: 'exchange' }>) {
    const [currencyFrom, currencyTo] = [ACCOUNTS[from] ?? 'USD', ACCOUNTS[to] ?? 'USD'];
    if (currencyFrom === currencyTo) return false;
    const [whole = '', places = ''] = text.split('.');
    const over = sold * BigInt(whole + places) * 10n ** BigInt(DIGITS[currencyTo]);
    const under = 10n ** BigInt(places.length + DIGITS[currencyFrom]);
    const bought = nearest(over, under);
    if (BigInt(whole + places) === 0n || bought === 0n) return false;
    const request = [from, to, sold, text].join();
    const before = name === undefined ? undefined : this.#exchanged.get(name);
    if (before !== undefined) return before === request;
    if (sold > this.of(from)) return false;
    this.#add(from, -sold);
    this.#add(to, bought);
    if (name !== undefined) this.#exchanged.set(name, request);
    return true;
  }

  fee(period: number): void {
    const { minor: fee, upTo, waiveFrom } = feeOf(period);
    for (const one of ['u1', 'u2']) {
      const has = this.of(one);
      if (this.#charged.has(`${period} ${one}`)) continue;
      if (waiveFrom !== undefined && has >= waiveFrom) continue;
      const paid = has >= fee ? fee : upTo ? has : 0n;
      if (paid === 0n) continue;
      this.#add(one, -paid);
      this.#charged.add(`${period} ${one}`);
    }
  }
}

async function play(bank: Bank, model: Model, one: Step): Promise<void> {
  if (one.do === 'deposit') {
    await bank.deposit(one.id, one.minor);
    model.deposit(one);
  } else if (one.do === 'exchange') {
    const { from, to, minor: amount, rate: at, key: idempotencyKey } = one;
    const answered = await bank.exchange({ from, to, amount, rate: at, idempotencyKey }).then(
      ({ sold, bought }) => ({ sold: sold.amount.minor, bought: bought.amount.minor }),
      (error) => error.code as string,
    );
    expect(typeof answered !== 'string', String(answered)).toBe(model.exchange(one));
  } else {
    const { minor: amount, ...rest } = feeOf(one.period);
    await bank.chargeFee({ amount, period: `p-${one.period}`, ...rest });
    model.fee(one.period);
  }
}

describe('Exchanges and fees', () => {
  it('leave what arithmetic alone would, whatever comes in whatever order', {
    timeout: 600_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const machine = new SimulatedMachine();
        const model = new Model();
        await machine.run(async () => {
          const process = machine.start();
          await process.initBank('/bank');
          const bank = await process.openBank('/bank');
          for (const [one, currency] of Object.entries(ACCOUNTS)) {
            await bank.openAccount({ id: one, firstName: 'A', lastName: 'B', currency });
          }
          for (const one of steps) await play(bank, model, one);
          for (const one of IDS) {
            expect((await bank.balance(one)).ledger.minor, one).toBe(model.of(one));
          }
          for (const { sum } of await bank.totals()) expect(sum.minor).toBe(0n);
          await bank.close();
        });
      }),
      { numRuns: RUNS },
    );
  });
});
