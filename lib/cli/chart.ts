import type { Money } from '../ledger/money.js';
import type { Context } from './context.js';
import { lineWidth } from './table.js';
import { alignTo, widthOf } from './terminal-text.js';

export interface Bar {
  readonly label: string;
  readonly value: Money;
}

const BAR = '█';
const BAR_MAX = 60;

/** A line for each bar: label, value, and a bar as long as the value is large; what is below zero is marked. */
export function printBars({ output, plain }: Context, bars: readonly Bar[]): void {
  if (plain) {
    for (const { label, value } of bars) output.plainRow([label, value.amount]);
    return;
  }
  const wide = (texts: readonly string[]) => Math.max(0, ...texts.map(widthOf));
  const labels = wide(bars.map(({ label }) => label));
  const amounts = wide(bars.map(({ value }) => value.amount));
  const room = Math.max(8, Math.min(BAR_MAX, lineWidth() - labels - amounts - 6));
  const sizes = bars.map(({ value: { minor } }) => (minor < 0n ? -minor : minor));
  const most = sizes.reduce((one, other) => (one > other ? one : other), 0n);
  for (const [index, { label, value }] of bars.entries()) {
    const size = sizes[index] ?? 0n;
    const cells = most === 0n ? 0 : Number((size * BigInt(room)) / most);
    const text = `${alignTo(label, labels, 'left')}  ${alignTo(value.amount, amounts, 'right')}  `;
    const below = value.minor < 0n;
    output.line(`${text}${below ? '- ' : ''}${BAR.repeat(cells)}`, below ? 'bad' : 'none');
  }
}
