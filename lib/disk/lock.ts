/**
 * A lock between processes: it makes them wait for each other and shows that the holder lives.
 * It is not trusted with money (a holder that slept may not be the only one): the desk is.
 */
export interface Lock {
  /**
   * Takes it if it is free or its holder has not stirred for the stale time, by the wall clock or since
   * it was looked at first; else `undefined`. What it
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

/**
 * Tells whether a lock has looked the same for the stale time, on the clock of who looks. The time that
 * it was touched is a time of the wall clock, which may be set back by hours: then it lies ahead for as long.
 */
export function watchStillness(staleMs: number): (look: string, now: number) => boolean {
  let seen = { look: '', since: 0 };
  return (look, now) => {
    if (seen.look !== look) seen = { look, since: now };
    return look !== '' && now - seen.since > staleMs;
  };
}
