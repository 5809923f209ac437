const BARS = '▁▂▃▄▅▆▇█';

/** How a sum went up and down: a bar each, the lowest one lowest. */
export function sparkline(values: readonly bigint[]): string {
  const [first] = values;
  if (first === undefined) return '';
  let [least, most] = [first, first];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const top = BigInt(BARS.length - 1);
  const range = most - least;
  return values
    .map((value) => BARS[range === 0n ? 0 : Number(((value - least) * top) / range)])
    .join('');
}
