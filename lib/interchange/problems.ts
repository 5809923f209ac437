import { BankError, type BankErrorCode } from '../ledger/errors.js';

/** So many problems are told one by one; of the rest only the number. */
const TOLD_MAX = 20;

/** Gathers all that is wrong with the files, so that one run tells the whole list. */
export interface Problems {
  /** Runs `check`; a refusal in it is noted as a problem of that line. */
  gather<Result>(file: string, line: number, check: () => Result): Result | undefined;
  /** `code` is what the whole is refused with, if this is the first problem: INVALID_FILE unless given. */
  add(file: string, line: number, what: string, code?: BankErrorCode): void;
  /** @throws BankError if there were any */
  refuse(): void;
}

export function createProblems(): Problems {
  const told: string[] = [];
  let first: { file: string; line: number } | undefined;
  let firstCode: BankErrorCode = 'INVALID_FILE';
  let count = 0;
  const add: Problems['add'] = (file, line, what, code = 'INVALID_FILE') => {
    if (first === undefined) firstCode = code;
    first ??= { file, line };
    count += 1;
    if (told.length < TOLD_MAX) told.push(`${file}:${line}: ${what}`);
  };
  return {
    add,
    gather: (file, line, check) => {
      try {
        return check();
      } catch (error) {
        if (!(error instanceof BankError)) throw error;
        add(file, line, error.message);
        return undefined;
      }
    },
    refuse: () => {
      if (first === undefined) return;
      const [only = ''] = told;
      const more = count > told.length ? ` The first ${told.length}:` : '';
      throw new BankError(
        firstCode,
        count === 1 ? only : `${count} rows cannot be booked, so that none was.${more}`,
        {
          details: { ...first, count, ...(count === 1 ? {} : { problems: told }) },
          hint: 'Mend the file and try again; nothing was booked from it.',
        },
      );
    },
  };
}
