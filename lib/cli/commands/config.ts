import { resolve } from 'node:path';
import { BankError } from '../../ledger/errors.js';
import type { Command, Context } from '../context.js';
import { colorRule } from '../output.js';
import { isSet } from '../read-options.js';
import { createTable } from '../table.js';
import { withBank } from '../with-bank.js';

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly origin: string;
}

/** `drovebank config`: what holds for this call, and where each of it comes from. */
export const run: Command = async (context, _, options) => {
  const { output, json } = context;
  const settings = [...ownSettings(context), ...(await bankSettings(context))];
  const origins = isSet(options, 'showOrigin');
  if (json) {
    for (const setting of settings) output.document('config.setting', { ...setting });
    return undefined;
  }
  const table = createTable<Setting>(context, [
    { title: 'setting', kind: 'id', cell: ({ name }) => name },
    { title: 'value', kind: 'text', cell: ({ value }) => value },
    ...(origins
      ? [{ title: 'from', kind: 'text', cell: ({ origin }: Setting) => origin } as const]
      : []),
  ]);
  table.rows(settings);
  return undefined;
};

/** What flags and surroundings say of this call. */
function ownSettings({ directory, origin, color, accessible, input }: Context): Setting[] {
  const env = (name: string) => process.env[name] ?? '';
  const from = (flag: boolean, name: string, variable: string) => {
    if (flag) return `flag ${name}`;
    return env(variable) === '' ? 'default' : `environment ${variable}`;
  };
  return [
    { name: 'dir', value: resolve(directory), origin },
    { name: 'color', ...colorRule({ color }) },
    {
      name: 'input',
      value: input ? 'auto' : 'never',
      origin: input ? 'default' : 'flag --no-input',
    },
    {
      name: 'accessible',
      value: String(accessible),
      origin: from(accessible && env('ACCESSIBLE') === '', '--accessible', 'ACCESSIBLE'),
    },
    {
      name: 'pager',
      value: process.env.PAGER === undefined ? 'less' : env('PAGER') || 'none',
      origin: process.env.PAGER === undefined ? 'default' : 'environment PAGER',
    },
  ];
}

/** What the bank itself says, which nobody changes. */
async function bankSettings(context: Context): Promise<Setting[]> {
  const origin = 'bank.json';
  try {
    return await withBank(context, async (bank) => [
      { name: 'bank', value: bank.id, origin },
      { name: 'currency', value: bank.currency, origin },
    ]);
  } catch (error) {
    // What holds is asked for above all where something is not as one thinks.
    if (!(error instanceof BankError)) throw error;
    return [{ name: 'bank', value: `${error.message} (${error.code})`, origin: 'the directory' }];
  }
}
