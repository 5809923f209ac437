/** Medians, and latencies that can be added up. */

const STEPS_PER_OCTAVE = 64;
const SMALLEST_US = 0.1;

export function median(values) {
  return quantile(values, 0.5);
}

/** The value that `share` (0.99) of all do not exceed; between two of them for the median. */
export function quantile(values, share) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  if (share === 0.5 && sorted.length % 2 === 0) return (sorted[middle - 1] + sorted[middle]) / 2;
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Latencies in microseconds, 1% apart, in constant memory. Its `counts` can be added up. */
export class Latencies {
  counts = new Array(STEPS_PER_OCTAVE * 34).fill(0);
  max = 0;

  record(us) {
    const step = Math.floor(Math.log2(us / SMALLEST_US) * STEPS_PER_OCTAVE);
    this.counts[Math.min(this.counts.length - 1, Math.max(0, step))] += 1;
    if (us > this.max) this.max = us;
  }

  add({ counts, max }) {
    for (let step = 0; step < counts.length; step += 1) this.counts[step] += counts[step];
    this.max = Math.max(this.max, max);
    return this;
  }

  get count() {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** The latency that `share` (0.99) of all did not exceed. */
  at(share) {
    const wanted = this.count * share;
    let seen = 0;
    for (let step = 0; step < this.counts.length; step += 1) {
      seen += this.counts[step];
      if (seen > 0 && seen >= wanted) {
        return Math.min(this.max, SMALLEST_US * 2 ** ((step + 0.5) / STEPS_PER_OCTAVE));
      }
    }
    return Number.NaN;
  }
}
