/**
 * All of them in CI and where mutants are tried; elsewhere every `every`th: `npm test` is to be run often. Which ones
 * differs with `from`, so that of several lists other ones are taken.
 */
export function sample<T>(all: readonly T[], every: number, from = 0): T[] {
  if (process.env.CI || process.env.TRY_ALL) return [...all];
  return all.filter((_, index) => index % every === from % every);
}
