import { writeSync } from 'node:fs';

const STANDARD_OUTPUT = 1;

/**
 * Writes on standard output without Node's stream for it, which takes longer to make than a short answer takes by
 * itself. What can't be written is lost: for answers that nobody misses.
 */
export function printNow(text: string): void {
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(STANDARD_OUTPUT, bytes, at);
  } catch {
    // Its reader has left, or the disk is full.
  }
}
