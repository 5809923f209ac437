/** The rivals are installed when they are needed first, and when the list of them has changed. */
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Those that cannot be compiled here are left out, and their rows say so. */
export function installRivals(folder) {
  const wanted = hash('sha256', readFileSync(join(folder, 'package-lock.json')));
  const stamp = join(folder, 'node_modules', '.installed');
  if (readStamp(stamp) === wanted) return;
  console.log('Installing the rivals into bench/node_modules (npm ci) …');
  const args = ['ci', '--no-audit', '--no-fund', '--prefix', folder];
  const { status, error } = spawnSync('npm', args, { stdio: 'inherit' });
  if (status !== 0) {
    console.log(
      `NOT INSTALLED: npm ${error?.message ?? `ended with ${status}`}; rivals may be missing.`,
    );
    return;
  }
  writeFileSync(stamp, wanted);
}

function readStamp(stamp) {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return undefined;
  }
}
