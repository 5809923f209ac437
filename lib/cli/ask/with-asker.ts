import type { Context } from '../context.js';
import { type Asker, createAsker } from './asker.js';

/** Asks at the terminal while `work` does, and lets go of it. */
export async function withAsker<Result>(
  context: Context,
  work: (asker: Asker) => Promise<Result>,
): Promise<Result> {
  const asker = await createAsker(context);
  try {
    return await work(asker);
  } finally {
    asker.close();
  }
}
