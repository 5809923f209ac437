/**
 * What the processes of a storm note, in the order in which it happened: each request and each look before it
 * begins, and what they are told when they hear it. Amounts are decimal text.
 */

/** One account in a receipt. */
export interface Side {
  readonly id: string;
  readonly seq: number;
  readonly before: string;
  readonly after: string;
}

/** What somebody asks for, noted before it is sent: without `from` a deposit, without `to` a withdrawal. */
export interface Asked {
  readonly asked: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly amount: string;
}

/** A receipt, noted when it is there. */
export interface Answered {
  readonly answered: string;
  readonly transfer: number;
  readonly amount: string;
  readonly from: Side;
  readonly to: Side;
}

export interface Total {
  readonly currency: string;
  readonly accounts: number;
  readonly customers: string;
  readonly world: string;
  readonly sum: string;
  readonly asOf: number;
}

/** What a look showed, noted when it is there. */
export type Saw = { readonly saw: string } & (
  | { readonly totals: readonly Total[] }
  | { readonly list: readonly (readonly [id: string, rows: number, balance: string])[] }
  | { readonly balances: readonly (readonly [id: string, asOf: number, balance: string])[] }
  | {
      readonly account: string;
      /** The account's newest rows; from the first one on, if the look was `whole`. */
      readonly rows: readonly (readonly [seq: number, transfer: number, balance: string])[];
      readonly whole: boolean;
    }
);

/** A line of the notes. `by` is the process. */
export type Note = { readonly by: string } & (
  | Asked
  | Answered
  | { readonly refused: string; readonly code: string }
  | { readonly unknown: string }
  | { readonly looking: string }
  | Saw
);
