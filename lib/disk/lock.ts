/**
 * A lock between processes: it makes them wait for each other and shows that the holder lives.
 * It is not trusted with money (a holder that slept may not be the only one): the desk is.
 */
export interface Lock {
  /**
   * Takes it if it is free or its holder has not stirred for the stale time; else `undefined`. What it
   * answers lets go of it: of this lock alone, never of one that somebody else holds by then.
   */
  tryTake(onLost: () => void): Promise<(() => Promise<void>) | undefined>;
  /** Which lock it is that somebody holds now: letters and digits; '' when nobody does. */
  identity(): string;
  /** Removes the lock of a holder who is surely dead. */
  breakDead(): void;
}

/** After this long without a sign of life a holder may be fenced. */
export const STALE_MS = 5_000;
