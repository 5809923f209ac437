/** Which of the changes that were under way a power cut may have let through. */
import { closureOf, type Effect } from './simulated-disk.js';

/** Up to so many effects every set of them is tried. */
const ALL_SETS_MAX = 12;

/**
 * Sets of effects that a power cut may leave, as numbers, each at most once: all that are closed under
 * what comes after what; of many effects what was done first, all but one, one alone, all but two,
 * and sets drawn by chance. At most `limit`.
 */
export function* powerCuts(
  effects: readonly Effect[],
  limit: number,
  random: () => number,
): Generator<ReadonlySet<number>> {
  const sets = effects.length <= ALL_SETS_MAX ? allSets(effects) : someSets(effects, limit, random);
  if (effects.length > ALL_SETS_MAX || 2 ** effects.length <= limit) {
    yield* taken(sets, limit);
    return;
  }
  const all = [...sets];
  // The extremes always, of the rest a sample.
  const rest = shuffled(all.slice(1, -1), random);
  yield* taken([all[0] as Set<number>, all.at(-1) as Set<number>, ...rest], limit);
}

function* allSets(effects: readonly Effect[]): Generator<ReadonlySet<number>> {
  const pending = new Set(effects.map(({ number }) => number));
  function* from(index: number, chosen: ReadonlySet<number>): Generator<ReadonlySet<number>> {
    const effect = effects[index];
    if (effect === undefined) {
      yield chosen;
      return;
    }
    yield* from(index + 1, chosen);
    if (effect.after.every((earlier) => chosen.has(earlier) || !pending.has(earlier))) {
      yield* from(index + 1, new Set(chosen).add(effect.number));
    }
  }
  yield* from(0, new Set());
}

function* someSets(
  effects: readonly Effect[],
  limit: number,
  random: () => number,
): Generator<ReadonlySet<number>> {
  const dependents = new Map(effects.map((effect) => [effect.number, [] as Effect[]]));
  for (const effect of effects) {
    for (const earlier of effect.after) dependents.get(earlier)?.push(effect);
  }
  const without = (...omitted: readonly Effect[]) => {
    const gone = new Set(omitted);
    for (const effect of gone)
      for (const later of dependents.get(effect.number) ?? []) gone.add(later);
    return new Set(effects.filter((effect) => !gone.has(effect)).map(({ number }) => number));
  };
  yield new Set();
  yield without();
  for (const effect of [...effects].reverse()) {
    yield without(effect);
    yield closureOf([effect], effects);
  }
  for (let count = 1; count < effects.length; count++) {
    yield closureOf(effects.slice(0, count), effects);
  }
  const some = () => effects[Math.floor(random() * effects.length)] as Effect;
  for (let tries = 0; tries < limit; tries++) {
    if (tries % 2 === 0) yield without(some(), some());
    else
      yield closureOf(
        effects.filter(() => random() < 0.5),
        effects,
      );
  }
}

function* taken(
  sets: Iterable<ReadonlySet<number>>,
  limit: number,
): Generator<ReadonlySet<number>> {
  const seen = new Set<string>();
  for (const set of sets) {
    if (seen.size >= limit) return;
    const name = [...set].sort((a, b) => a - b).join();
    if (seen.has(name)) continue;
    seen.add(name);
    yield set;
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [mixed[index], mixed[other]] = [mixed[other] as T, mixed[index] as T];
  }
  return mixed;
}
