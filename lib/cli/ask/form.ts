import { BankError } from '../../ledger/errors.js';
import { type Asker, Walkaway } from './asker.js';

/** Asks one question of a form, with what was answered before, and keeps the answer. @throws BankError for one that can't be */
export type Question = () => Promise<void>;

/**
 * Asks one question after the other. Back leads to the one before, from the first one out of the form; a refusal leads
 * to the question that `refused` names, which also tells it.
 * @throws Walkaway from the first question, or where `refused` names one before it
 */
export async function fillIn(
  questions: readonly Question[],
  refused: (error: BankError, at: number) => number,
): Promise<void> {
  for (let at = 0; at < questions.length; ) {
    try {
      await questions[at]?.();
      at++;
    } catch (error) {
      at = whereTo(error, at, refused);
      if (at < 0) throw new Walkaway('back');
    }
  }
}

function whereTo(
  error: unknown,
  at: number,
  refused: (error: BankError, at: number) => number,
): number {
  if (error instanceof Walkaway && error.where === 'back') return at - 1;
  if (!(error instanceof BankError) || NOT_OF_THE_FORM.has(error.code)) throw error;
  return refused(error, at);
}

/** What another answer would not mend. */
const NOT_OF_THE_FORM = new Set(['BANK_DAMAGED', 'CANCELLED', 'OUTCOME_UNKNOWN', 'BANK_TOO_NEW']);

/** A text of a form: asked for with what was answered before, and kept once nothing speaks against it. */
export interface TextField {
  readonly text: string;
  ask(): Promise<void>;
}

/** `check` throws the refusal of a text; one that is `needed` is asked for until there is any. */
export function textField(
  asker: Asker,
  question: () => string,
  check: (text: string) => unknown,
  needed = false,
): TextField {
  let text = '';
  return {
    get text() {
      return text;
    },
    async ask() {
      let typed: string;
      do typed = await asker.ask(question(), { given: text });
      while (needed && typed === '');
      text = ''; // What is refused is typed anew.
      await check(typed);
      text = typed;
    },
  };
}
