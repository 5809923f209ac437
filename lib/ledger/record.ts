/**
 * Plain objects that are made by the hundred thousand and soon forgotten: requests, entries, receipts.
 *
 * An object literal in optimised code is one place of allocation to V8. Where many of its objects were alive at
 * a few collections, as those of a batch under way are, it makes all later ones among the old objects, where
 * only a full collection gets rid of them: 1,400 bytes a transfer, and half of the time that collecting took.
 * What a constructor makes stays young.
 */

/** What `fill` sees of a record: fields that it may set. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A constructor of plain objects like those of a literal: `fill` sets each field, always in the same order. */
export function record<T, Values extends unknown[]>(
  fill: (this: T, ...values: Values) => void,
): new (
  ...values: Values
) => Readonly<T> {
  fill.prototype = Object.prototype;
  return fill as unknown as new (
    ...values: Values
  ) => Readonly<T>;
}
