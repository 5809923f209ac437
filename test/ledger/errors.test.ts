import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '#lib/cli/exit-codes.js';
import { assert, BANK_ERROR_CODES, BankError } from '#lib/ledger/errors.js';

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const SECTIONS = new Map(
  PAGE.split(/^### /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);

describe('The page about errors', () => {
  it('has exactly the codes that there are, each once', () => {
    expect([...PAGE.matchAll(/^### (.+)$/gm)].map(([, code]) => code).sort()).toEqual(
      BANK_ERROR_CODES.toSorted(),
    );
  });

  it.each(BANK_ERROR_CODES)('says of %s what the code does', (code) => {
    const error = new BankError(code, 'Something was refused.');
    const later = error.retryable ? '; the same request may succeed later' : '';
    const [, head, cause, cure] =
      /^\w+\n\n(.+)\n\n- Cause: ([\s\S]+?)\n- Cure: ([\s\S]+?)\n/.exec(SECTIONS.get(code) ?? '') ??
      [];
    expect(head).toBe(`Exit code ${exitCodeOf(error)}${later}.`);
    expect(cause).toMatch(/\.$/);
    expect(cure).toMatch(/\w/);
  });

  it('explains each exit code', () => {
    const explained = [...PAGE.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(explained).toEqual(Object.values(EXIT));
  });
});

describe('A BankError', () => {
  it.each(BANK_ERROR_CODES)('%s has a next step and says whether money moved', (code) => {
    const error = new BankError(code, 'Something was refused.');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'BankError', code, details: {} });
    expect(error.hint).toMatch(/\.$/);
    expect(error.committed).toBe(code === 'OUTCOME_UNKNOWN' ? 'unknown' : false);
  });

  it('takes details, a hint of its own, the truth about the money, and its cause', () => {
    const cause = new Error('EIO');
    const error = new BankError('IO_ERROR', 'The disk is ill.', {
      ...{ details: { id: 'ada' }, hint: 'Wait.', committed: true, cause },
    });
    expect(error).toMatchObject({ details: { id: 'ada' }, hint: 'Wait.', committed: true });
    expect(error.cause).toBe(cause);
    expect('cause' in new BankError('IO_ERROR', 'The disk is ill.')).toBe(false);
  });

  it('is for refusals: a bug is another error', () => {
    expect(() => assert(false, 'two and two')).toThrow('drovebank bug: two and two');
    expect(() => assert(false, 'two and two')).not.toThrow(BankError);
    expect(() => assert(true, 'two and two')).not.toThrow();
  });
});
