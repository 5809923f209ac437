import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBank } from '#lib/bank/open-bank.js';
import type { Context } from '#lib/cli/context.js';
import type { Output } from '#lib/cli/output.js';
import { closing, settleable } from '#lib/cli/with-bank.js';
import { BankError } from '#lib/ledger/errors.js';
import { BANK, temporaryBank } from './run-cli.js';

/** A context that keeps its warnings; the rest of the output is not looked at. */
function contextWith(warnings: string[]): Context {
  const silent = () => undefined;
  const output: Output = {
    document: silent,
    line: silent,
    lines: silent,
    paint: (text) => text,
    plainRow: silent,
    note: silent,
    warn: (text) => warnings.push(text),
    errorDocument: silent,
    errorLine: silent,
    broken: false,
    failure: undefined,
    drained: async () => undefined,
    page: async () => undefined,
    finish: async () => undefined,
    beforeFirst: silent,
  };
  const flags = {
    directory: '',
    origin: '',
    json: false,
    plain: false,
    color: false,
    input: false,
  };
  const signal = new AbortController().signal;
  return {
    ...flags,
    quiet: false,
    accessible: true,
    incognito: false,
    readOnly: false,
    dryRun: false,
    output,
    signal,
  };
}

describe('a command and its bank', () => {
  it('keeps its result when closing fails afterwards, and warns', async () => {
    const bank = await openBank(join(await temporaryBank(), BANK));
    const failing = Object.create(bank, {
      close: {
        value: async () => {
          await bank.close();
          throw new BankError('IO_ERROR', 'The disk is gone.');
        },
      },
    });
    const warnings: string[] = [];
    await expect(closing(contextWith(warnings), failing, async () => 'moved')).resolves.toBe(
      'moved',
    );
    expect(warnings).toEqual([expect.stringContaining('The disk is gone.')]);
  });

  it('tells its own failure, not that of closing', async () => {
    const bank = await openBank(join(await temporaryBank(), BANK));
    const failing = Object.create(bank, {
      close: { value: () => bank.close().then(() => Promise.reject(new Error('later'))) },
    });
    const refused = new BankError('INSUFFICIENT_FUNDS', 'too little');
    const work = () => Promise.reject(refused);
    await expect(closing(contextWith([]), failing, work)).rejects.toBe(refused);
  });

  it('says with which key an unknown outcome is settled', async () => {
    const unknown = new BankError('OUTCOME_UNKNOWN', 'fenced');
    await expect(settleable('cli-7', () => Promise.reject(unknown))).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      committed: 'unknown',
      details: { key: 'cli-7' },
      hint: expect.stringContaining('--key cli-7'),
    });
  });
});
