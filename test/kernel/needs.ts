import { appendFileSync, existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { missingPackages } from '../../scripts/system-packages.js';

const IS_ROOT = process.platform === 'linux' && process.getuid?.() === 0;
/** There a proof that does not run is a failure: else nobody would ever hear of it. */
const MUST_RUN = Boolean(process.env.CI) && IS_ROOT;

export interface Needs {
  /** The test's path, as the table of packages has it. */
  readonly test: string;
  readonly root?: boolean;
  readonly devices?: readonly string[];
  /** It takes a while: it runs where the long proofs do. */
  readonly slow?: boolean;
}

/** Why a proof can't run here; `undefined` if it can. */
function whyNot({ test, root = false, devices = [], slow = false }: Needs): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (root && !IS_ROOT) return 'it needs root';
  if (slow && !process.env.CI) return 'it takes a while; with CI=true it runs';
  const absent = devices.filter((path) => !existsSync(path));
  if (absent.length > 0) return `there is no ${absent.join(', ')}`;
  const missing = missingPackages(test);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return undefined;
}

/**
 * Whether `proof` can run here. Where it can't it says so loudly, and fails where it must run: in CI,
 * on Linux, as root.
 */
export function canRun(proof: string, needs: Needs): boolean {
  const why = whyNot(needs);
  if (why === undefined) return true;
  console.warn(`\n!!! NOT PROVED HERE: ${proof}: ${why} !!!\n`);
  if (MUST_RUN) it(`${proof}: runs here`, () => expect(why).toBeUndefined());
  return false;
}

/** Tells `npm test` that a proof has run to its end: with CI set it asks for all of them. */
export function proved(proof: string): void {
  const notes = process.env.DROVEBANK_PROOFS;
  if (notes) appendFileSync(notes, `${proof}\n`);
}
